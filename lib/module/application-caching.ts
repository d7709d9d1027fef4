import { Inject, Injectable } from '@nestjs/common';
import type { CachedPlan } from '../caching/cached-ask.js';
import { CachedQueries } from '../caching/cached-queries.js';
import { cached, type CachedOptions } from '../caching/cached.decorator.js';
import { GuardedCache } from '../caching/guarded-cache.js';
import { LiveQueries } from '../caching/live-queries.js';
import { TouchedTags } from '../caching/touched-tags.js';
import { touching } from '../caching/touches.decorator.js';
import { Touching } from '../caching/touching.js';
import { MessageCatalog } from '../envelope/message-catalog.js';
import type { WiringProblem } from '../errors/wiring.exception.js';
import type { HandlerInvoker } from '../handlers/handler-invoker.js';
import type { MessageType } from '../messages/message.js';
import type { ReadyMiddleware } from '../pipeline/middleware.js';
import { isSingleton } from '../scopes/provider-wrapper.js';
import { UnitsOfWork } from '../units/units-of-work.js';
import { ApplicationOptions } from './application-options.js';
import { cachingProblems } from './caching-checks.js';
import { cachedOf, touchedByHandler, touchesOf } from './declared-caching.js';
import type { CheckedHandler } from './handler-checks.js';
import { HandlersByType } from './handlers-by-type.js';
import type { FoundProvider } from './provider-explorer.js';

/** What `@Cached` and `@Touches` need of an application. */
@Injectable()
export class ApplicationCaching {
  readonly touched: TouchedTags;
  private readonly cache: GuardedCache | undefined;
  private readonly queries: CachedQueries | undefined;
  private readonly touching: Touching;
  /** What `queries.live()` needs; undefined without a cache. */
  readonly live: LiveQueries | undefined;
  private handlers: () => readonly CheckedHandler[] = () => [];
  private readonly ofCommands = new HandlersByType('command', () => this.handlers());
  private readonly ofQueries = new HandlersByType('query', () => this.handlers());

  constructor(
    @Inject(ApplicationOptions) { complete: { cache } }: ApplicationOptions,
    @Inject(MessageCatalog) catalog: MessageCatalog,
    @Inject(UnitsOfWork) units: UnitsOfWork | undefined,
  ) {
    this.cache = cache && new GuardedCache(cache);
    this.touched = new TouchedTags(this.cache);
    this.live = this.cache && new LiveQueries(this.touched, catalog, units, type => this.optionsOf(type));
    this.queries = this.cache && new CachedQueries(this.cache, this.touched, catalog, units, this.live!);
    this.touching = new Touching(this.touched, units);
  }

  problems(handlers: readonly CheckedHandler[], others: () => readonly FoundProvider[]): WiringProblem[] {
    return cachingProblems(handlers, others, this.queries !== undefined);
  }

  /** Around all commands that touch something. */
  middlewareOfCommands(handlers: () => readonly CheckedHandler[]): ReadyMiddleware[] {
    this.handlers = handlers;
    if (!touching.isUsed) return [];
    return [
      this.touching.afterSuccess(type => {
        const handler = this.ofCommands.of(type);
        return handler === undefined ? [] : touchesOf(handler, type);
      }),
    ];
  }

  /** What `@Cached` says of a query, on its class or on its handler. */
  optionsOf(type: MessageType): CachedOptions | undefined {
    const handler = this.ofQueries.of(type);
    return handler && cachedOf(handler, type);
  }

  get touchesOfEvent(): Touching['ofEvent'] | undefined {
    return touching.isUsed ? this.touching.ofEvent : undefined;
  }

  /** With what `@Cached` and, on event handlers, `@Touches` add: the one innermost, the other outermost. */
  middlewareOf(handler: CheckedHandler, used: readonly ReadyMiddleware[]): readonly ReadyMiddleware[] {
    const { kind } = handler.declaration;
    const tags = kind === 'event' ? touchedByHandler(handler) : undefined;
    const touches = tags === undefined ? [] : [this.touching.afterSuccess(() => [tags])];
    const caches = kind === 'query' ? this.cachesOf(handler) : [];
    return touches.length + caches.length === 0 ? used : [...touches, ...used, ...caches];
  }

  invokerOf(handler: CheckedHandler, invoker: HandlerInvoker): HandlerInvoker {
    // Also of a query that is not cached: a subclass of it may be.
    const mayBeCached = cached.isUsed && handler.declaration.kind === 'query';
    return mayBeCached && this.queries !== undefined ? this.queries.invoker(invoker) : invoker;
  }

  /** Live queries hold connections open, on which shutdown would wait. */
  completeLive(): void {
    this.live?.close();
  }

  async close(): Promise<void> {
    this.touched.close();
    await this.cache?.close();
  }

  private cachesOf(handler: CheckedHandler): ReadyMiddleware[] {
    if (this.queries === undefined || !cached.isUsed) return [];
    const isScoped = !isSingleton(handler.wrapper);
    const planOf = (message: MessageType): CachedPlan | undefined => {
      const options = cachedOf(handler, message);
      return options && { options, isScoped };
    };
    return [this.queries.middleware(planOf)];
  }
}
