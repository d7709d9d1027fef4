import type { Type } from '@nestjs/common';
import { ContextIdFactory, REQUEST, type ModuleRef } from '@nestjs/core';
import { readForeign } from '../../messages/metadata.js';
import { METADATA_KEYS, type Wrapper } from './nest-internals.js';

/** Gives what is injected, of what has been made so far and the request of the context. */
type Source = (made: readonly object[], request: object | undefined) => unknown;

/** Makes one instance, of those that the steps before it have made. */
export class PlanStep {
  /**
   * @param wrapper what is made
   * @param consumer identifies whom a transient instance is made for; the root is made for itself
   * @param parameters of the constructor
   * @param properties to be injected
   */
  constructor(
    readonly wrapper: Wrapper,
    readonly consumer: string,
    private readonly parameters: readonly Source[],
    private readonly properties: readonly (readonly [key: string | symbol, source: Source])[],
  ) {}

  /** @throws what the constructor throws */
  make(made: readonly object[], request: object | undefined): object {
    const given = this.parameters.map(source => source(made, request));
    const instance = new (this.wrapper.metatype as Type<Record<string | symbol, unknown>>)(...given);
    for (const [key, source] of this.properties) {
      const value = source(made, request);
      // As Nest has it: the initial value of a property stays where nothing is injected.
      if (value !== undefined && value !== null) instance[key] = value;
    }
    return instance;
  }
}

/**
 * How to make the instance of a provider, and of all it depends on that belongs to a context, at once and without Nest,
 * which looks at the whole tree of dependencies each time, asynchronously. There are plans for trees of plain classes,
 * singletons and `REQUEST` alone; whatever takes more is left to Nest.
 */
export class InstancePlan {
  private constructor(readonly steps: readonly PlanStep[]) {}

  /**
   * The plan of a provider, of the dependencies that Nest knows so far: Nest 12 knows all of them once the application has
   * been instantiated, Nest 11 once it has made an instance.
   * @returns undefined where there is none, or none yet
   */
  static of(root: Wrapper, moduleRef: ModuleRef): InstancePlan | undefined {
    const steps = new PlanDraft(root, moduleRef).steps();
    return steps && new InstancePlan(steps);
  }
}

/** Looks at the tree of dependencies of one provider. */
class PlanDraft {
  private readonly drawn: PlanStep[] = [];
  /** By what is injected, of transient providers by whom too. Undefined at first: what depends on itself has no plan. */
  private readonly sources = new Map<string | Wrapper, Source | undefined>();

  constructor(
    private readonly root: Wrapper,
    private readonly moduleRef: ModuleRef,
  ) {}

  /** In the order in which they can be taken; undefined where something is more than a plain class. */
  steps(): readonly PlanStep[] | undefined {
    return this.sourceOf(this.root, this.root) && this.drawn;
  }

  private sourceOf(wrapper: Wrapper, consumer: Wrapper): Source | undefined {
    const key = wrapper.isTransient ? `${wrapper.id} for ${consumer.id}` : wrapper;
    if (!this.sources.has(key)) {
      this.sources.set(key, undefined);
      this.sources.set(key, this.look(wrapper, consumer));
    }
    return this.sources.get(key);
  }

  private look(wrapper: Wrapper, consumer: Wrapper): Source | undefined {
    if (isSingleton(wrapper)) return () => wrapper.instance as unknown;
    if (wrapper.token === REQUEST && this.isOfNest(wrapper)) return (_, request) => request;
    if (!isPlain(wrapper) || (wrapper.isTransient && consumer.isTransient && consumer !== this.root)) return undefined;
    const parameters = (wrapper.getCtorMetadata() ?? []).map(dependency => this.sourceOf(dependency, wrapper));
    const injected = wrapper.getPropertiesMetadata() ?? [];
    const properties = injected.map(
      ({ key, wrapper: dependency }) => [key, this.sourceOf(dependency, wrapper)] as const,
    );
    if (!parameters.every(isKnown) || !properties.every(isKnownProperty)) return undefined;
    const position = this.drawn.push(new PlanStep(wrapper, consumer.id, parameters, properties)) - 1;
    return made => made[position];
  }

  /** Whether a provider of `REQUEST` is the one that Nest is told requests of, and not one of the application. */
  private isOfNest(wrapper: Wrapper): boolean {
    const [id, request] = [ContextIdFactory.create(), {}];
    this.moduleRef.registerRequestByContextId(request, id);
    return wrapper.getInstanceByContextId(id).instance === request;
  }
}

const isSingleton = (wrapper: Wrapper): boolean => wrapper.isDependencyTreeStatic() && !wrapper.isTransient;

/** A class whose instance Nest makes by the constructor alone, of nothing but what it has recorded. */
function isPlain(wrapper: Wrapper): boolean {
  const { metatype } = wrapper;
  if (typeof metatype !== 'function' || wrapper.inject || wrapper.isAlias || wrapper.forwardRef || wrapper.async)
    return false;
  if ((wrapper.getEnhancersMetadata() ?? []).length > 0) return false;
  // It does not record what is optional and missing, nor `INQUIRER`.
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

/** How many parameters Nest injects, by what TypeScript and the decorators of Nest left on a class. */
const parametersOf = (type: object): number => {
  const typed = (readForeign(METADATA_KEYS.parameterTypes, type) ?? []) as unknown[];
  const named = (readForeign(METADATA_KEYS.parameterTokens, type) ?? []) as { readonly index: number }[];
  return Math.max(typed.length, ...named.map(({ index }) => index + 1));
};

/** The properties that Nest injects. */
const propertiesOf = (type: object): Set<unknown> => {
  const named = (readForeign(METADATA_KEYS.properties, type) ?? []) as { readonly key: unknown }[];
  return new Set(named.map(({ key }) => key));
};

const isKnown = <T>(value: T | undefined): value is T => value !== undefined;

const isKnownProperty = <K>(property: readonly [K, Source | undefined]): property is readonly [K, Source] =>
  property[1] !== undefined;
