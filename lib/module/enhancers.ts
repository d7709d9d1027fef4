import { Inject, Injectable, type PipeTransform, type Type } from '@nestjs/common';
import { ModuleRef, ModulesContainer, type ContextId, type NestContainer } from '@nestjs/core';
import { ExternalExceptionFilterContext } from '@nestjs/core/exceptions/external-exception-filter-context.js';
import { GuardsConsumer, GuardsContextCreator } from '@nestjs/core/guards/index.js';
import { ExternalContextCreator } from '@nestjs/core/helpers/external-context-creator.js';
import { STATIC_CONTEXT } from '@nestjs/core/injector/constants.js';
import { InterceptorsConsumer, InterceptorsContextCreator } from '@nestjs/core/interceptors/index.js';
import { PipesConsumer, PipesContextCreator } from '@nestjs/core/pipes/index.js';
import { isObservable } from 'rxjs';
import { valuesOf } from '../buses/row-stream.js';
import type { MessageContext } from '../context/message-context.js';
import type { WiringProblem } from '../errors/wiring.exception.js';
import { rememberScope, type AsyncContext } from '../scopes/async-context.js';
import type { HandlerInvoker } from '../handlers/handler-invoker.js';
import { scopedProviderOf, targetOf } from '../handlers/provider-handlers.js';
import { lineage, nameOf } from '../messages/inspect-message.js';
import { copyMetadata, hasForeign, readForeign, writeForeign } from '../messages/metadata.js';
import { declaresParameter } from '../pipeline/declares-parameter.js';
import type { ReadyMiddleware } from '../pipeline/middleware.js';
import { culprit } from './handler-checks.js';
import type { FoundHandler } from './provider-explorer.js';
import { type Module, isSingleton } from '../scopes/provider-wrapper.js';

type Method = (message: object, context?: MessageContext) => unknown;
type Host = Record<string | symbol, Method>;

const ENHANCERS = {
  __guards__: 'guard',
  __interceptors__: 'interceptor',
  __pipes__: 'pipe',
  __exceptionFilters__: 'filter',
} as const;
const KEYS = Object.keys(ENHANCERS) as (keyof typeof ENHANCERS)[];

/** Some pipes, as `ValidationPipe`, skip arguments not from outside. */
const BODY = 'body';

export const isEnhanced = (handler: FoundHandler): boolean => {
  for (const target of decorated(handler)) if (hasForeign(KEYS, target)) return true;
  return false;
};

/** In Nest's order of calls: `guard RolesGuard`. */
export function enhancerNames(handler: FoundHandler): string[] {
  if (!isEnhanced(handler)) return [];
  const targets = [handler.type, mergedMetadata(methodsOf(handler))];
  return KEYS.flatMap(key =>
    targets
      .flatMap(target => (readForeign(key, target) as unknown[] | undefined) ?? [])
      .map(enhancer => `${ENHANCERS[key]} ${enhancerName(enhancer)}`),
  );
}

const enhancerName = (enhancer: unknown): string =>
  nameOf(typeof enhancer === 'object' && enhancer !== null ? enhancer.constructor : enhancer);

const decorated = (handler: FoundHandler): object[] => [handler.type, ...methodsOf(handler)];

/** The method and those it overrides, outermost first. */
const methodsOf = ({ type, declaration: { method } }: FoundHandler): object[] =>
  lineage(type)
    .flatMap(ancestor => {
      const own: unknown = Object.getOwnPropertyDescriptor(ancestor.prototype, method)?.value;
      return typeof own === 'function' ? [own] : [];
    })
    .toReversed();

function mergedMetadata(methods: readonly object[]): object {
  const target = {};
  for (const method of methods) copyMetadata(method, target);
  for (const key of KEYS) {
    const all = methods.flatMap(method => (readForeign(key, method) as unknown[] | undefined) ?? []);
    if (all.length > 0) writeForeign(key, [...new Set(all)], target);
  }
  return target;
}

/** An interceptor may retry; the dispatcher counts the first run. */
class Runs {
  private readonly begun = new WeakSet<MessageContext>();

  begin(context: MessageContext | undefined): void {
    if (context !== undefined) this.begun.add(context);
  }

  count(context: MessageContext | undefined): void {
    if (context !== undefined && !this.begun.delete(context)) context.attempt += 1;
  }
}

/**
 * Runs handlers inside Nest's enhancers, in execution contexts of type `cqrs` with arguments message and context.
 * Global enhancers are for requests only.
 */
@Injectable()
export class Enhancers {
  private readonly pipes: PipesContextCreator;
  private readonly consumer = new PipesConsumer();
  private readonly creators = new Map<Module, ExternalContextCreator>();
  private readonly container: NestContainer;

  constructor(@Inject(ModulesContainer) modules: ModulesContainer) {
    // Creators use only `getModules`; without configuration they find no global enhancers.
    this.container = { getModules: () => modules } as unknown as NestContainer;
    this.pipes = new PipesContextCreator(this.container);
  }

  /**
   * Nest instantiates enhancers only of classes that it instantiates: a value's or factory's guard would be skipped
   * silently.
   */
  async prepare(handler: FoundHandler, problems: WiringProblem[]): Promise<void> {
    const { injectables } = handler.wrapper.host!;
    for (const key of KEYS)
      for (const target of decorated(handler))
        for (const enhancer of (readForeign(key, target) as unknown[] | undefined) ?? [])
          if (typeof enhancer === 'function' && !injectables.has(enhancer))
            await this.instantiate(handler, enhancer as Type<object>, ENHANCERS[key], problems);
  }

  invoker(handler: FoundHandler, middleware: readonly ReadyMiddleware[]): HandlerInvoker {
    const { wrapper, identity } = handler;
    const target = targetOf(wrapper, handler.declaration.method);
    const known = { identity, middleware, target, usesContext: true };
    if (isSingleton(wrapper)) return { ...known, invoke: this.enhance(handler, wrapper.instance as object) };
    const provider = scopedProviderOf(wrapper);
    const invoke = async (message: object, context?: MessageContext) => {
      const instance = await provider.instanceFor(context!);
      const { id } = context!.scope as AsyncContext;
      return this.enhance(handler, instance, id)(message, context);
    };
    return { ...known, invoke };
  }

  private enhance(handler: FoundHandler, instance: object, id?: ContextId): Method {
    const { wrapper, declaration } = handler;
    const host = instance as Host;
    const { method } = declaration;
    const original = host[method]!;
    const passesContext = declaresParameter(original, 2);
    const overridden = methodsOf(handler);
    const metadata = mergedMetadata(overridden.includes(original) ? overridden : [...overridden, original]);
    // Nest finds static enhancers by the instance, others by the inquirer.
    const inquirer = id && wrapper.id;
    const pipes = this.pipes.create(instance as never, metadata as never, wrapper.host!.token, id, inquirer);
    const runs = new Runs();
    const handle = (message: object, context?: MessageContext) => {
      runs.count(context);
      const result = passesContext ? host[method]!(message, context) : host[method]!(message);
      // Nest would keep only an observable's last value; a stream query needs every row.
      return isObservable(result) ? valuesOf(result) : result;
    };
    const piped = async (given: object, context?: MessageContext) => {
      const message = await this.pipe(given, pipes);
      if (message !== given) rememberScope(context, message);
      return handle(message, context);
    };
    const callback = pipes.length > 0 ? piped : handle;
    Object.defineProperty(callback, 'name', { value: original.name });
    copyMetadata(metadata, callback);
    const run = this.creatorFor(wrapper.host!).create(
      instance as never,
      callback as never,
      String(method),
      undefined,
      undefined,
      id,
      inquirer,
      undefined,
      'cqrs',
    ) as Method;
    return (message, context) => {
      runs.begin(context);
      return run(message, context);
    };
  }

  private pipe(message: object, pipes: PipeTransform[]): Promise<object> {
    const metadata = { type: BODY, metatype: message.constructor as Type<object>, data: undefined } as const;
    return this.consumer.applyPipes(message, metadata, pipes) as Promise<object>;
  }

  private async instantiate(
    handler: FoundHandler,
    enhancer: Type<object>,
    kind: (typeof ENHANCERS)[keyof typeof ENHANCERS],
    problems: WiringProblem[],
  ): Promise<void> {
    const module = handler.wrapper.host!;
    try {
      const instance = await module.getProviderByKey<ModuleRef>(ModuleRef).instance.create(enhancer);
      module.addInjectable(enhancer, kind);
      module.injectables.get(enhancer)!.setInstanceByContextId(STATIC_CONTEXT, instantiated(instance));
    } catch (cause) {
      problems.push(unresolvable(enhancer, kind, handler, cause));
    }
  }

  /** Nest finds the module by class, which two modules may provide; this creator knows one. */
  private creatorFor(module: Module): ExternalContextCreator {
    const present = this.creators.get(module);
    if (present) return present;
    const { container } = this;
    const creator = new ExternalContextCreator(
      new GuardsContextCreator(container),
      new GuardsConsumer(),
      new InterceptorsContextCreator(container),
      new InterceptorsConsumer(),
      new Map([[module.token, module]]) as ModulesContainer,
      new PipesContextCreator(container),
      new PipesConsumer(),
      new ExternalExceptionFilterContext(container),
    );
    creator.getContextModuleKey = () => module.token;
    this.creators.set(module, creator);
    return creator;
  }
}

const unresolvable = (enhancer: object, kind: string, handler: FoundHandler, cause: unknown): WiringProblem => ({
  code: 'CQRS_INVALID_ENHANCER',
  what: `The ${kind} ${nameOf(enhancer)} cannot be instantiated.`,
  where: culprit(handler),
  remedy: `Let the module of the handler provide what it injects; request-scoped enhancers need a handler that Nest instantiates itself.`,
  cause,
});

/** Nest skips filters whose constructor counts as not called. */
const instantiated = (instance: object) => ({ instance, isResolved: true, isConstructorCalled: true });
