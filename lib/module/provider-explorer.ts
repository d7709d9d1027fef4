import { Inject, Injectable } from '@nestjs/common';
import { DiscoveryService, ModuleRef } from '@nestjs/core';
import { STATIC_CONTEXT } from '@nestjs/core/injector/constants.js';
import { ObservableBus } from '../buses/observable-bus.js';
import type { HandlerIdentity } from '../context/handler-identity.js';
import { declarationsIn, declarationsOf, type FoundDeclaration } from '../handlers/handler-declaration.js';
import { handlerIdentityOf, implementationOf } from '../handlers/provider-handlers.js';
import { isClass, lineage, nameOf } from '../messages/inspect-message.js';
import type { MessageType } from '../messages/message.js';
import type { MiddlewareType } from '../pipeline/middleware.js';
import { middlewarePlacement } from '../pipeline/middleware.decorator.js';
import type { OrderedMiddleware } from '../pipeline/order.js';
import { sagaDeclarationsIn, sagaDeclarationsOf, type SagaDeclaration } from '../sagas/saga.decorator.js';
import { CQRS_IDLE, CQRS_PREVIEW, type PreviewNotes } from './preview-mode.js';
import { type Module, type ProviderClass, type ProviderWrapper, isSingleton } from '../scopes/provider-wrapper.js';

/** `type` is the class that carries the decorators. */
export interface FoundProvider {
  readonly wrapper: ProviderWrapper;
  readonly type: ProviderClass;
}

export interface FoundHandler extends FoundProvider {
  readonly declaration: FoundDeclaration;
  readonly identity: HandlerIdentity;
}

export interface FoundSaga extends FoundProvider {
  readonly declaration: SagaDeclaration;
}

export interface FoundMiddleware extends OrderedMiddleware {
  readonly host: ProviderWrapper['host'];
}

/** A provider of a factory. */
export interface FoundFactory {
  readonly name: string;
  /** Its module, and its token if that is a class. */
  readonly classes: readonly object[];
}

/** In the order of modules and providers. */
export interface Findings {
  readonly handlers: FoundHandler[];
  readonly sagas: FoundSaga[];
  readonly middleware: FoundMiddleware[];
  /** Subclasses of this library's buses. */
  readonly buses: Set<object>;
}

/** Finds providers in Nest's container. No other file asks `DiscoveryService`. */
@Injectable()
export class ProviderExplorer {
  private knownModes: ReadonlyMap<unknown, unknown> | undefined;

  constructor(@Inject(DiscoveryService) private readonly discovery: DiscoveryService) {}

  /** Set where the wiring is looked at without starting anything. Not injected: a mocker of tests would be asked for it. */
  get preview(): PreviewNotes | undefined {
    return this.modes.get(CQRS_PREVIEW) as PreviewNotes | undefined;
  }

  /** The application is started to look at it. */
  get isIdle(): boolean {
    return this.modes.has(CQRS_IDLE);
  }

  /** @param module default: all modules */
  isInstantiated(module?: object): boolean {
    return this.discovery.getProviders().every(wrapper => {
      if (module !== undefined && wrapper.host !== module) return true;
      const { isResolved, isPending } = wrapper.getInstanceByContextId(STATIC_CONTEXT);
      // Nest knows request-scoped dependencies only once it has looked.
      return Boolean(wrapper.scope || isResolved || (isPending && !wrapper.isDependencyTreeStatic()));
    });
  }

  /** Includes aliases. */
  provided(...tokens: readonly unknown[]): ProviderWrapper[] {
    return this.discovery.getProviders().filter(wrapper => tokens.includes(wrapper.token));
  }

  /** The class's own token first. */
  providersOf(type: object): ProviderWrapper[] {
    return [...this.provided(type), ...this.wrappers().filter(wrapper => implementationOf(wrapper) === type)];
  }

  /** Singletons, of subclasses too. */
  instancesOf<T extends object>(...types: (abstract new (...args: never[]) => T)[]): T[] {
    const instances = new Set<T>();
    for (const wrapper of this.wrappers()) {
      const instance: unknown = isSingleton(wrapper) ? wrapper.instance : undefined;
      if (types.some(type => isInstance(instance, type))) instances.add(instance as T);
    }
    return [...instances];
  }

  /** Makes its shutdown hooks run first: Nest orders modules by distance from the root. */
  closeFirst(type: object): void {
    for (const { host } of this.provided(type)) if (host) host.distance = -1;
  }

  importersOf(module: Module): Module[] {
    return [...this.modules()].filter(({ imports }) => imports.has(module));
  }

  modules(): Set<Module> {
    const modules = new Set<Module>();
    for (const { host } of this.wrappers()) if (host) modules.add(host);
    return modules;
  }

  /** With transitive imports. */
  modulesOf(moduleRef: ModuleRef): Set<object> {
    const own = this.provided(ModuleRef).find(({ instance }) => instance === moduleRef)?.host;
    const modules = new Set(own && [own]);
    for (const module of modules) for (const imported of module.imports) modules.add(imported);
    return modules;
  }

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
      const standsFor = typeof token === 'function' && token !== own ? (token as ProviderClass) : undefined;
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

  /** In a preview: providers of which only a factory knows the class, and whether that is a handler. */
  madeByFactories(): FoundFactory[] {
    return this.wrappers().flatMap(({ token, inject, instance, host }) => {
      const isMade = (instance ?? undefined) !== undefined;
      if (!Array.isArray(inject) || isMade || host === undefined || host.initOnPreview) return [];
      const isDeclared = isClass(token) && (declarationsOf(token).length > 0 || sagaDeclarationsOf(token).length > 0);
      return isDeclared ? [] : named(token, host.metatype);
    });
  }

  undecorated(): FoundProvider[] {
    return this.providers().filter(({ type }) => {
      const line = lineage(type);
      return declarationsIn(line).length === 0 && sagaDeclarationsIn(line).length === 0;
    });
  }

  /** Without aliases: their targets are listed too. */
  private providers(): FoundProvider[] {
    const providers: FoundProvider[] = [];
    for (const wrapper of this.wrappers()) {
      const type = implementationOf(wrapper) ?? this.promised(wrapper);
      if (type) providers.push({ wrapper, type });
    }
    return providers;
  }

  /** In a preview, of a factory: the class under which it is provided. */
  private promised({ token }: ProviderWrapper): ProviderClass | undefined {
    return this.preview !== undefined && isClass(token) ? (token as ProviderClass) : undefined;
  }

  private get modes(): ReadonlyMap<unknown, unknown> {
    return (this.knownModes ??= new Map(
      this.provided(CQRS_PREVIEW, CQRS_IDLE).map(({ token, instance }) => [token, instance as unknown]),
    ));
  }

  private wrappers(): ProviderWrapper[] {
    return [...this.discovery.getProviders(), ...this.discovery.getControllers()].filter(wrapper => !wrapper.isAlias);
  }
}

const named = (token: unknown, module: object): FoundFactory =>
  isClass(token) ? { name: nameOf(token), classes: [module, token] } : { name: String(token), classes: [module] };

/** Falls back to the class this one replaces. */
function declared<T>(
  type: ProviderClass,
  line: readonly MessageType[],
  standsFor: ProviderClass | undefined,
  read: (line: readonly MessageType[]) => readonly T[],
): [type: ProviderClass, declarations: readonly T[]] {
  const own = read(line);
  return own.length > 0 || !standsFor ? [type, own] : [standsFor, read(lineage(standsFor))];
}

/** An inherited declaration does not count if its class is a provider too. */
function meantAmong(providers: readonly FoundProvider[]) {
  let provided: Set<object> | undefined;
  return (type: ProviderClass, { declaredBy }: { readonly declaredBy: object }): boolean => {
    if (declaredBy === type) return true;
    provided ??= new Set(providers.map(provider => provider.type));
    return !provided.has(declaredBy);
  };
}

/** A proxy of a request's instance may throw. */
function isInstance(value: unknown, type: ProviderClass): boolean {
  try {
    return value instanceof type;
  } catch {
    return false;
  }
}
