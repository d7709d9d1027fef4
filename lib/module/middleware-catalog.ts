import { ModuleRef } from '@nestjs/core';
import type { Type } from '@nestjs/common';
import { CqrsException } from '../errors/cqrs.exception.js';
import type { WiringProblem } from '../errors/wiring.exception.js';
import { scopedProviderOf } from '../handlers/provider-handlers.js';
import { instantiateOnce, notMiddleware, withoutIntercept } from '../pipeline/instantiate.js';
import {
  isMiddlewareReference,
  isMiddlewareType,
  middlewareName,
  PlacedReference,
  type CqrsMiddleware,
  type MiddlewareFunction,
  type MiddlewareReference,
  type MiddlewareType,
  type ReadyMiddleware,
} from '../pipeline/middleware.js';
import { placed, placesOfClass, runningAt } from '../pipeline/place.js';
import { nameOf } from '../messages/inspect-message.js';
import type { Preview } from './preview-mode.js';
import { isUntyped, untypedConstructor } from './untyped-constructor.js';
import type { ProviderExplorer } from './provider-explorer.js';
import { type ProviderWrapper, isSingleton } from '../scopes/provider-wrapper.js';

type Host = ProviderWrapper['host'];

/** Classes come from the container. */
export class MiddlewareCatalog {
  private readonly instances = new Map<Host, Map<MiddlewareType, ReadyMiddleware>>();
  private readonly instantiate = instantiateOnce();

  private problems: WiringProblem[] = [];

  constructor(
    private readonly explorer: ProviderExplorer,
    private readonly moduleRef: ModuleRef,
    private readonly preview: Preview | undefined,
  ) {}

  reportTo(problems: WiringProblem[]): void {
    this.problems = problems;
  }

  /**
   * @param host preferred provider's module
   * @param creator module that instantiates classes not provided
   */
  async prepare(
    references: readonly MiddlewareReference[],
    where: string,
    host?: Host,
    creator: Host = host,
  ): Promise<ReadyMiddleware[]> {
    const ready = await Promise.all(references.map(reference => this.prepareOne(reference, where, host, creator)));
    return ready.filter(middleware => middleware !== undefined);
  }

  /** Also middleware of message types unknown at startup. */
  readonly resolve = (reference: MiddlewareReference): ReadyMiddleware => {
    if (reference instanceof PlacedReference) return placed(this.resolve(reference.reference), reference.at);
    if (!isMiddlewareReference(reference) || !isMiddlewareType(reference)) return this.instantiate(reference);
    return (
      this.known(reference, undefined) ??
      this.provided(reference, undefined) ??
      this.ofAnyHost(reference) ??
      this.instantiate(reference)
    );
  };

  private async prepareOne(
    reference: MiddlewareReference,
    where: string,
    host: Host,
    creator: Host,
  ): Promise<ReadyMiddleware | undefined> {
    if (reference instanceof PlacedReference) {
      const ready = await this.prepareOne(reference.reference, where, host, creator);
      return ready && placed(ready, reference.at);
    }
    try {
      if (!isMiddlewareReference(reference)) throw notMiddleware(reference);
      if (!isMiddlewareType(reference)) return reference as ReadyMiddleware;
      if (!this.preview && this.isUntyped(reference)) throw untypedConstructor(reference);
      const ready =
        this.known(reference, host) ??
        (this.preview
          ? previewOf(reference, this.preview)
          : (this.provided(reference, host) ?? (await this.create(reference, creator))));
      if (!this.instances.has(host)) this.instances.set(host, new Map());
      this.instances.get(host)!.set(reference, ready);
      return ready;
    } catch (error) {
      this.problems.push(unresolvable(reference, where, error));
      return undefined;
    }
  }

  private known(type: MiddlewareType, host: Host): ReadyMiddleware | undefined {
    return this.instances.get(host)?.get(type);
  }

  /** The wiring asks for the middleware of handlers, which were made for their modules. */
  private ofAnyHost(type: MiddlewareType): ReadyMiddleware | undefined {
    return [...this.instances.values()].map(ready => ready.get(type)).find(ready => ready !== undefined);
  }

  private isUntyped(type: MiddlewareType): boolean {
    const provided = this.explorer.providersOf(type);
    return (
      isUntyped(type) &&
      (provided.length === 0 || provided.some(wrapper => wrapper.metatype === type && !wrapper.inject))
    );
  }

  private provided(type: MiddlewareType, host: Host): ReadyMiddleware | undefined {
    const wrappers = this.explorer.providersOf(type);
    const wrapper = wrappers.find(candidate => candidate.host === host) ?? wrappers[0];
    if (!wrapper) return undefined;
    if (!isSingleton(wrapper)) return scoped(wrapper);
    const instance = wrapper.instance as CqrsMiddleware | undefined;
    if (typeof instance?.intercept !== 'function') throw withoutIntercept(type);
    return instance;
  }

  private async create(type: MiddlewareType, host: Host): Promise<CqrsMiddleware> {
    const moduleRef = host?.getProviderByKey<ModuleRef>(ModuleRef).instance ?? this.moduleRef;
    const instance = await moduleRef.create(type as unknown as Type<CqrsMiddleware>);
    if (typeof instance.intercept !== 'function') throw withoutIntercept(type);
    return instance;
  }
}

/** Stands for an instance. What `wraps()` reads of its instance is not there: then the middleware counts as around all. */
function previewOf(type: MiddlewareType, preview: Preview): CqrsMiddleware {
  const { wraps } = type.prototype as Partial<CqrsMiddleware>;
  const instance = Object.create(type.prototype as object) as CqrsMiddleware;
  if (wraps === undefined) return instance;
  instance.wraps = message => {
    try {
      return wraps.call(instance, message);
    } catch {
      preview.unseen(nameOf(type), 'it says by a field which messages it wraps, so it is shown around all');
      return true;
    }
  };
  return instance;
}

const scoped = (wrapper: ProviderWrapper): MiddlewareFunction => {
  const provider = scopedProviderOf(wrapper);
  const intercept: MiddlewareFunction = async (message, next, context) =>
    ((await provider.instanceFor(context)) as CqrsMiddleware).intercept(message, next, context);
  Object.defineProperty(intercept, 'name', { value: wrapper.name });
  const at = wrapper.metatype ? placesOfClass(wrapper.metatype) : undefined;
  return at ? runningAt(intercept, ...at) : intercept;
};

function unresolvable(reference: MiddlewareReference, where: string, cause: unknown): WiringProblem {
  const { code, what, remedy } = cause instanceof CqrsException ? cause : uninstantiable(reference, cause);
  return { code, what, where, remedy, cause };
}

/** Nest's text, left to the cause, names a module that the user did not write. */
const uninstantiable = (reference: MiddlewareReference, cause: unknown) => ({
  code: 'CQRS_INVALID_MIDDLEWARE',
  what: `The middleware ${middlewareName(reference)} cannot be instantiated: ${reasonOf(cause)}.`,
  remedy: 'List its class among the providers of a module, together with what it injects.',
});

const reasonOf = (cause: unknown): string => {
  const text = cause instanceof Error ? cause.message.split('\n', 1)[0]! : String(cause);
  const missing = /argument (.+?) at index \[(\d+)\]/.exec(text);
  return missing
    ? `no provider was found for its constructor argument ${missing[1]} at index [${missing[2]}]`
    : text.replace(/\.$/, '');
};
