import type { Type } from '@nestjs/common';
import { ContextIdFactory, REQUEST, type ModuleRef } from '@nestjs/core';
import { readForeign } from '../../messages/metadata.js';
import { METADATA_KEYS } from './nest-internals.js';
import { type ProviderWrapper, isSingleton } from '../provider-wrapper.js';

type Source = (made: readonly object[], request: object | undefined) => unknown;

export class PlanStep {
  /** @param consumer of a transient instance; the root is its own */
  constructor(
    readonly wrapper: ProviderWrapper,
    readonly consumer: string,
    private readonly parameters: readonly Source[],
    private readonly properties: readonly (readonly [key: string | symbol, source: Source])[],
  ) {}

  make(made: readonly object[], request: object | undefined): object {
    const given = this.parameters.map(source => source(made, request));
    const instance = new (this.wrapper.metatype as Type<Record<string | symbol, unknown>>)(...given);
    for (const [key, source] of this.properties) {
      const value = source(made, request);
      // Like Nest, keep the initial value if nothing is injected.
      if (value !== undefined && value !== null) instance[key] = value;
    }
    return instance;
  }
}

/**
 * Makes an instance and its scoped dependencies synchronously; Nest searches the tree each time, asynchronously. For
 * trees of plain classes, singletons and `REQUEST`.
 */
export class InstancePlan {
  private constructor(readonly steps: readonly PlanStep[]) {}

  /**
   * Nest 12 knows dependencies after startup, Nest 11 after making an instance.
   * @returns undefined without a plan, or not yet
   */
  static of(root: ProviderWrapper, moduleRef: ModuleRef): InstancePlan | undefined {
    const steps = new PlanDraft(root, moduleRef).steps();
    return steps && new InstancePlan(steps);
  }
}

class PlanDraft {
  private readonly drawn: PlanStep[] = [];
  /** By provider, if transient also by consumer. Initially undefined: circular dependencies get no plan. */
  private readonly sources = new Map<string | ProviderWrapper, Source | undefined>();

  constructor(
    private readonly root: ProviderWrapper,
    private readonly moduleRef: ModuleRef,
  ) {}

  /** In order of creation. */
  steps(): readonly PlanStep[] | undefined {
    return this.sourceOf(this.root, this.root) && this.drawn;
  }

  private sourceOf(wrapper: ProviderWrapper, consumer: ProviderWrapper): Source | undefined {
    const key = wrapper.isTransient ? `${wrapper.id} for ${consumer.id}` : wrapper;
    if (!this.sources.has(key)) {
      this.sources.set(key, undefined);
      this.sources.set(key, this.look(wrapper, consumer));
    }
    return this.sources.get(key);
  }

  private look(wrapper: ProviderWrapper, consumer: ProviderWrapper): Source | undefined {
    if (isSingleton(wrapper)) return () => wrapper.instance as unknown;
    if (wrapper.token === REQUEST && this.isOfNest(wrapper)) return (_, request) => request;
    if (!isPlainClass(wrapper) || (wrapper.isTransient && consumer.isTransient && consumer !== this.root))
      return undefined;
    const parameters = (wrapper.getCtorMetadata() ?? []).map(dependency => this.sourceOf(dependency, wrapper));
    const injected = wrapper.getPropertiesMetadata() ?? [];
    const properties = injected.map(
      ({ key, wrapper: dependency }) => [key, this.sourceOf(dependency, wrapper)] as const,
    );
    if (!parameters.every(isKnown) || !properties.every(isKnownProperty)) return undefined;
    const position = this.drawn.push(new PlanStep(wrapper, consumer.id, parameters, properties)) - 1;
    return made => made[position];
  }

  /** The application may provide `REQUEST` itself. */
  private isOfNest(wrapper: ProviderWrapper): boolean {
    const [id, request] = [ContextIdFactory.create(), {}];
    this.moduleRef.registerRequestByContextId(request, id);
    return wrapper.getInstanceByContextId(id).instance === request;
  }
}

/** Constructed from recorded dependencies alone. */
function isPlainClass(wrapper: ProviderWrapper): boolean {
  const { metatype } = wrapper;
  if (typeof metatype !== 'function' || wrapper.inject || wrapper.isAlias || wrapper.forwardRef || wrapper.async)
    return false;
  if ((wrapper.getEnhancersMetadata() ?? []).length > 0) return false;
  // Nest does not record `INQUIRER` and missing optional dependencies.
  const parameters = Array.from(wrapper.getCtorMetadata() ?? []);
  const recorded = (wrapper.getPropertiesMetadata() ?? []).map(({ key }) => key);
  const injected = propertiesOf(metatype);
  return (
    parameters.every(isKnown) &&
    parameters.length === parametersOf(metatype) &&
    recorded.length === injected.size &&
    recorded.every(key => injected.has(key))
  );
}

const parametersOf = (type: object): number => {
  const typed = (readForeign(METADATA_KEYS.parameterTypes, type) ?? []) as unknown[];
  const named = (readForeign(METADATA_KEYS.parameterTokens, type) ?? []) as { readonly index: number }[];
  return Math.max(typed.length, ...named.map(({ index }) => index + 1));
};

const propertiesOf = (type: object): Set<unknown> => {
  const named = (readForeign(METADATA_KEYS.properties, type) ?? []) as { readonly key: unknown }[];
  return new Set(named.map(({ key }) => key));
};

const isKnown = <T>(value: T | undefined): value is T => value !== undefined;

const isKnownProperty = <K>(property: readonly [K, Source | undefined]): property is readonly [K, Source] =>
  property[1] !== undefined;
