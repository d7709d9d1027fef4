import type { MessageContext } from '../context/message-context.js';
import { watchingReads } from '../context/reads.js';
import { harmless, textOf } from '../dispatch/failures.js';
import type { MessageCatalog } from '../envelope/message-catalog.js';
import type { HandlerInvoker } from '../handlers/handler-invoker.js';
import { Beside } from '../messages/beside.js';
import { nameOf, typeOfPrototype } from '../messages/inspect-message.js';
import type { MessageType } from '../messages/message.js';
import type { MiddlewareFunction, Next } from '../pipeline/middleware.js';
import { runningAt } from '../pipeline/place.js';
import { isPromiseLike } from '../pipeline/settled.js';
import type { UnitsOfWork } from '../units/units-of-work.js';
import { CacheKeys } from './cache-key.js';
import type { CachedOptions } from './cached.decorator.js';
import { checkedTags } from './caching-problems.js';
import { Flight, type Shared } from './flight.js';
import { FAILED, type GuardedCache, type Setting } from './guarded-cache.js';
import { lifetimeOf } from './lifetime.js';
import type { CachedResult } from './query-cache.js';
import { ReadsOfRun } from './reads-of-run.js';
import { ToldOnce } from './told-once.js';
import type { TouchedTags } from './touched-tags.js';
import { UncertainKeys } from './uncertain-keys.js';

/** What `@Cached` says of the queries of one handler. */
export interface CachedPlan {
  readonly options: CachedOptions;
  /** The handler is made per request. */
  readonly isScoped: boolean;
}

/** One query on its way. */
interface Asked extends CachedPlan {
  readonly query: object;
  readonly type: MessageType;
  readonly context: MessageContext;
  readonly next: Next;
}

interface Ask extends Asked {
  readonly key: string;
}

/** The context in which the handler runs, beside that of the dispatch that has started it. Written and read here. */
const contextOfRun = new Beside<MessageContext>();

/** Answers queries from the cache, and lets the handler run once for equal ones. One per application. */
export class CachedQueries {
  private readonly keys: CacheKeys;
  private readonly flights = new Map<string, Flight>();
  private readonly uncertain = new UncertainKeys();
  private readonly told = new ToldOnce();

  constructor(
    private readonly cache: GuardedCache,
    private readonly touched: TouchedTags,
    private readonly catalog: MessageCatalog,
    private readonly units: UnitsOfWork | undefined,
  ) {
    this.keys = new CacheKeys(catalog);
  }

  /** Runs of handlers that are under way. */
  get running(): number {
    return this.flights.size;
  }

  /**
   * Goes innermost, so that all other middleware runs for each caller.
   * @param planOf undefined for queries that are not cached
   */
  middleware(planOf: (type: MessageType) => CachedPlan | undefined): MiddlewareFunction {
    const plans = new Map<MessageType, CachedPlan | undefined>();
    const known = (type: MessageType) => {
      if (!plans.has(type)) plans.set(type, planOf(type));
      return plans.get(type);
    };
    const cached: MiddlewareFunction = (query, next, context) => {
      const type = typeOfPrototype(Object.getPrototypeOf(query) as object);
      const plan = known(type);
      return plan === undefined ? next(query) : this.answer({ ...plan, query, type, next, context });
    };
    Object.defineProperty(cached, 'name', { value: '@Cached' });
    cached.wraps = type => known(type) !== undefined;
    return runningAt(cached, 'handle');
  }

  /** The handler gets the context of its run, which ends when the last caller leaves, not when the first does. */
  invoker(invoker: HandlerInvoker): HandlerInvoker {
    const { identity, target, middleware } = invoker;
    const invoke = (query: object, context?: MessageContext) => {
      const own = context && contextOfRun.take(context);
      if (own === undefined) return invoker.invoke(query, context);
      own.attempt = context!.attempt;
      return invoker.invoke(query, own);
    };
    return {
      identity,
      target,
      middleware,
      get usesContext() {
        return invoker.usesContext;
      },
      invoke,
    };
  }

  private answer(asked: Asked): Promise<unknown> {
    // It sees what its transaction has written, and others must not.
    if (this.units?.isActive === true) return asked.next(asked.query);
    const key = this.keyOf(asked);
    if (key === undefined) return asked.next(asked.query);
    const ask = { ...asked, key };
    const got = this.cache.get(key);
    return isPromiseLike(got)
      ? (got as Promise<CachedResult | undefined>).then(result => this.choose(ask, result))
      : this.choose(ask, got as CachedResult | undefined);
  }

  private keyOf({ query, type, options, context }: Asked): string | undefined {
    try {
      return this.keys.of(query, options, context);
    } catch (error) {
      this.told.tell(type, 'key', () => `its key cannot be made. ${textOf(error)}`);
      return undefined;
    }
  }

  private choose(ask: Ask, result: CachedResult | undefined): Promise<unknown> {
    if (result === undefined || this.uncertain.has(ask.key) || this.isTouched(ask, result)) return this.joinOrRun(ask);
    const late = Date.now() - result.freshUntil;
    if (late >= (ask.options.grace ?? 0)) return this.joinOrRun(ask);
    let answer: unknown;
    try {
      answer = this.catalog.valueFromJSON(result.value);
    } catch {
      // Another version of the application has written it.
      return this.joinOrRun(ask);
    }
    if (late >= 0) this.refresh(ask);
    return Promise.resolve(answer);
  }

  private isTouched({ query, options }: Ask, { begun }: CachedResult): boolean {
    try {
      return this.touched.isTouched(() => options.tags?.(query) ?? [], begun);
    } catch {
      return true;
    }
  }

  private async joinOrRun(ask: Ask): Promise<unknown> {
    const signal = ask.context.bounds?.signal;
    signal?.throwIfAborted();
    const flight = this.flights.get(ask.key);
    if (flight === undefined) return this.run(ask, (started, result) => started.awaited(result, signal));
    const shared = await flight.join(signal);
    return shared === undefined ? ask.next(ask.query) : this.catalog.valueFromJSON(shared.json);
  }

  /** No caller waits for it. If it fails, the old answer is given as long as it may be. */
  private refresh(ask: Ask): void {
    if (this.flights.has(ask.key)) return;
    const { type } = ask;
    const refreshing = this.run(ask, (_started, result) => result);
    harmless(
      refreshing.then(
        () => this.told.forget(type, 'refresh'),
        error =>
          this.told.tell(type, 'refresh', () => `a run that was to replace an old answer failed. ${textOf(error)}`),
      ),
    );
  }

  /** @param wait for the result */
  private run(ask: Ask, wait: (flight: Flight, result: Promise<unknown>) => Promise<unknown>): Promise<unknown> {
    const { query, key, context, options, next } = ask;
    const tags = this.tagsOf(ask);
    if (tags === undefined) return next(query);
    const flight: Flight = new Flight(this.touched.clock.next(), tags, () => {
      if (this.flights.get(key) === flight) this.flights.delete(key);
    });
    const own = context.boundBy(flight.bounds);
    const reads = new ReadsOfRun(own, options.vary ?? [], ask.isScoped);
    const handle = () => {
      contextOfRun.set(context, own);
      return next(query);
    };
    const unwatch = this.touched.watch(flight);
    this.flights.set(key, flight);
    const ended = () => {
      flight.leave();
      unwatch();
    };
    const start = () => watchingReads(reads, () => own.run(handle));
    const result = flight.start(
      tags.length > 0 && this.cache.asksBefore ? () => this.begin(flight).then(start) : start,
      answer => {
        const shared = this.share(ask, answer, reads);
        const setting = this.store(ask, flight, shared, answer);
        // Those that ask while it is on its way still get it.
        if (setting === undefined) ended();
        else void this.settle(ask.key, flight, setting).then(ended);
        return shared;
      },
      ended,
    );
    return wait(flight, result);
  }

  private async begin(flight: Flight): Promise<void> {
    flight.began = await this.cache.begin(flight.tags);
  }

  private tagsOf({ query, type, options }: Ask): readonly string[] | undefined {
    try {
      return options.tags === undefined ? [] : checkedTags(options.tags(query), `@Cached of ${nameOf(type)}`);
    } catch (error) {
      this.told.tell(type, 'tags', () => `its tags cannot be told. ${textOf(error)}`);
      return undefined;
    }
  }

  /** Never throws. */
  private share({ type }: Ask, answer: unknown, { personal }: ReadsOfRun): Shared {
    if (personal !== undefined) {
      const what = `its run read ${personal}, and vary does not name it`;
      this.told.tell(type, personal, () => `${what}. Name what it depends on in vary, or do not read it.`);
      return undefined;
    }
    try {
      return { json: this.catalog.exactToJSON(answer, `the answer of ${nameOf(type)}`) };
    } catch (error) {
      this.told.tell(type, 'answer', () => `its answer cannot be kept. ${textOf(error)}`);
      return undefined;
    }
  }

  private store(ask: Ask, flight: Flight, shared: Shared, answer: unknown): Setting | undefined {
    if (shared === undefined || flight.isTouched || flight.began === FAILED) return undefined;
    const { key, options } = ask;
    const lifetime = lifetimeOf(options, answer);
    if (lifetime === undefined) return undefined;
    const { begun, tags, began } = flight;
    const result = { value: shared.json, begun, freshUntil: Date.now() + lifetime };
    return this.cache.set(key, result, { tags, keep: lifetime + (options.grace ?? 0), began });
  }

  private async settle(key: string, flight: Flight, { told, ended }: Setting): Promise<void> {
    flight.storing = told;
    const certain = this.uncertain.add(key);
    const isLate = (await told) === FAILED;
    if (isLate) flight.leave();
    await ended;
    if (isLate && flight.isTouched) void this.touched.touchAgain(flight.tags);
    certain();
  }
}
