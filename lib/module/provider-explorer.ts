import { Inject, Injectable } from '@nestjs/common';
import { DiscoveryService, ModuleRef } from '@nestjs/core';
import { STATIC_CONTEXT } from '@nestjs/core/injector/constants.js';
import { ObservableBus } from '../buses/observable-bus.js';
import type { HandlerIdentity } from '../context/said.js';
import { declarationsIn, type FoundDeclaration } from '../handlers/handler-declaration.js';
import {
  handlerIdentityOf,
  implementationOf,
  isSingleton,
  type ProviderWrapper,
} from '../handlers/provider-handlers.js';
import { lineage } from '../messages/inspect-message.js';
import type { MessageType } from '../messages/message.js';
import type { MiddlewareType } from '../pipeline/middleware.js';
import { middlewarePlacement } from '../pipeline/middleware.decorator.js';
import type { PlacedMiddleware } from '../pipeline/order.js';
import { sagaDeclarationsIn, type SagaDeclaration } from '../sagas/saga.decorator.js';

/** What Nest keeps of one module. */
export type Module = NonNullable<ProviderWrapper['host']>;

type AnyClass = abstract new (...args: never[]) => object;

/** A provider and the class whose decorators say what it is for. */
export interface FoundProvider {
  readonly wrapper: ProviderWrapper;
  readonly type: AnyClass;
}

/** One handler of one provider. */
export interface FoundHandler extends FoundProvider {
  readonly declaration: FoundDeclaration;
  readonly identity: HandlerIdentity;
}

/** One saga of one provider. */
export interface FoundSaga extends FoundProvider {
  readonly declaration: SagaDeclaration;
}

/** A middleware of the whole application. */
export interface FoundMiddleware extends PlacedMiddleware {
  /** The module that provides it. */
  readonly host: ProviderWrapper['host'];
}

/** What decorators marked among the providers of an application, in the order of modules and providers. */
export interface Findings {
  readonly handlers: FoundHandler[];
  readonly sagas: FoundSaga[];
  readonly middleware: FoundMiddleware[];
  /** What extends the buses of this library, each instance once. */
  readonly buses: Set<object>;
}

/** The one place that walks the container of Nest: finds what decorators marked among the providers of all modules. */
@Injectable()
export class ProviderExplorer {
  constructor(@Inject(DiscoveryService) private readonly discovery: DiscoveryService) {}

  /**
   * Whether every provider that has one instance has it.
   * @param module only those of this module
   */
  isInstantiated(module?: object): boolean {
    return this.discovery.getProviders().every(wrapper => {
      if (module !== undefined && wrapper.host !== module) return true;
      const { isResolved, isPending } = wrapper.getInstanceByContextId(STATIC_CONTEXT);
      // Only of what Nest has looked at it is known whether something request-scoped is injected into it.
      return Boolean(wrapper.scope || isResolved || (isPending && !wrapper.isDependencyTreeStatic()));
    });
  }

  /** All providers under a token, of all modules, aliases included. */
  provided(token: unknown): ProviderWrapper[] {
    return this.discovery.getProviders().filter(wrapper => wrapper.token === token);
  }

  /** All providers of a class, those under its own token first. */
  providersOf(type: object): ProviderWrapper[] {
    return [...this.provided(type), ...this.wrappers().filter(wrapper => implementationOf(wrapper) === type)];
  }

  /** The instances of classes and their subclasses among the singletons, each once. */
  instancesOf<T extends object>(...types: (abstract new (...args: never[]) => T)[]): T[] {
    const instances = new Set<T>();
    for (const wrapper of this.wrappers()) {
      const instance: unknown = isSingleton(wrapper) ? wrapper.instance : undefined;
      if (types.some(type => isInstance(instance, type))) instances.add(instance as T);
    }
    return [...instances];
  }

  /**
   * Lets the hooks of a module at the end of the application run before those of all others, the root module
   * included: Nest runs them in the order of the distance from the root.
   */
  closeFirst(type: object): void {
    for (const { host } of this.provided(type)) if (host) host.distance = -1;
  }

  /** The modules that list a module among their imports. */
  importersOf(module: Module): Module[] {
    return [...this.modules()].filter(({ imports }) => imports.has(module));
  }

  /** All modules that provide something. */
  modules(): Set<Module> {
    const modules = new Set<Module>();
    for (const { host } of this.wrappers()) if (host) modules.add(host);
    return modules;
  }

  /** The module that a `ModuleRef` is of, and those that it imports, and they. */
  modulesOf(moduleRef: ModuleRef): Set<object> {
    const own = this.provided(ModuleRef).find(({ instance }) => instance === moduleRef)?.host;
    const modules = new Set(own && [own]);
    for (const module of modules) for (const imported of module.imports) modules.add(imported);
    return modules;
  }

  /** Looks at every provider, once. */
  explore(): Findings {
    const providers = this.providers();
    const handlers: FoundHandler[] = [];
    const sagas: FoundSaga[] = [];
    const middleware: FoundMiddleware[] = [];
    const buses = new Set<object>();
    const isMeant = meantAmong(providers);
    for (const { wrapper, type: own } of providers) {
      const { token, host } = wrapper;
      const line = lineage(own);
      const standsFor = typeof token === 'function' && token !== own ? (token as AnyClass) : undefined;
      if (line.includes(ObservableBus) && isSingleton(wrapper)) buses.add(wrapper.instance as object);
      const [type, handles] = declared(own, line, standsFor, declarationsIn);
      for (const declaration of handles)
        if (isMeant(type, declaration))
          handlers.push({ wrapper, type, declaration, identity: handlerIdentityOf(wrapper, type, declaration) });
      const [sagaType, runs] = declared(own, line, standsFor, sagaDeclarationsIn);
      for (const declaration of runs)
        if (isMeant(sagaType, declaration)) sagas.push({ wrapper, type: sagaType, declaration });
      const placedBy = line.find(middlewarePlacement) ?? (standsFor && lineage(standsFor).find(middlewarePlacement));
      const reference = (standsFor ?? own) as MiddlewareType;
      if (placedBy && (standsFor || isMeant(own, { declaredBy: placedBy })))
        middleware.push({ reference, placement: middlewarePlacement(placedBy)!, host });
    }
    return { handlers, sagas, middleware, buses };
  }

  /** The providers that no decorator of this library makes something. */
  undecorated(): FoundProvider[] {
    return this.providers().filter(({ type }) => {
      const line = lineage(type);
      return declarationsIn(line).length === 0 && sagaDeclarationsIn(line).length === 0;
    });
  }

  /** Every provider whose class is known; aliases are left out, since what they stand for is listed itself. */
  private providers(): FoundProvider[] {
    const providers: FoundProvider[] = [];
    for (const wrapper of this.wrappers()) {
      const type = implementationOf(wrapper);
      if (type) providers.push({ wrapper, type });
    }
    return providers;
  }

  private wrappers(): ProviderWrapper[] {
    return [...this.discovery.getProviders(), ...this.discovery.getControllers()].filter(wrapper => !wrapper.isAlias);
  }
}

/** What decorators left in the lineage of a class; where they left nothing, in that of the class it was put in place of. */
function declared<T>(
  type: AnyClass,
  line: readonly MessageType[],
  standsFor: AnyClass | undefined,
  read: (line: readonly MessageType[]) => readonly T[],
): [type: AnyClass, declarations: readonly T[]] {
  const own = read(line);
  return own.length > 0 || !standsFor ? [type, own] : [standsFor, read(lineage(standsFor))];
}

/**
 * A declaration that a class merely inherits counts unless the class that carries it is a provider itself: then a
 * subclass provided beside it is something else.
 */
function meantAmong(providers: readonly FoundProvider[]) {
  let provided: Set<object> | undefined;
  return (type: AnyClass, { declaredBy }: { readonly declaredBy: object }): boolean => {
    if (declaredBy === type) return true;
    provided ??= new Set(providers.map(provider => provider.type));
    return !provided.has(declaredBy);
  };
}

/** A proxy, as of what exists during a request alone, may refuse to be looked at; then it is not what is looked for. */
function isInstance(value: unknown, type: AnyClass): boolean {
  try {
    return value instanceof type;
  } catch {
    return false;
  }
}
