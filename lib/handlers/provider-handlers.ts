import { ModuleRef } from '@nestjs/core';
import type { HandlerIdentity, HandlerTarget } from '../context/handler-identity.js';
import { nameOf } from '../messages/inspect-message.js';
import type { MessageKind, MessageType } from '../messages/message.js';
import type { ReadyMiddleware } from '../pipeline/middleware.js';
import { declarationsOf, type FoundDeclaration } from './handler-declaration.js';
import { messageTypeId } from './handler.decorators.js';
import { InstanceInvoker, type HandlerInvoker } from './handler-invoker.js';
import { ScopedInvoker } from './scoped-invoker.js';
import { ScopedProvider } from '../scopes/scoped-provider.js';
import { type ProviderClass, type ProviderWrapper, isSingleton } from '../scopes/provider-wrapper.js';

/**
 * The class of the instance or factory result, else the class named. Undefined if unknown, as of a request-scoped
 * factory under a string token.
 */
export function implementationOf(wrapper: ProviderWrapper): ProviderClass | undefined {
  if (isSingleton(wrapper)) {
    const instance: unknown = wrapper.instance;
    return typeof instance === 'object' && instance !== null ? classOf(instance) : undefined;
  }
  if (typeof wrapper.metatype === 'function' && !wrapper.inject) return wrapper.metatype as ProviderClass;
  return typeof wrapper.token === 'function' ? (wrapper.token as ProviderClass) : undefined;
}

const identities = new WeakMap<ProviderWrapper, Map<string, HandlerIdentity>>();

/** One object for each handler of a provider: two modules of one name have two. */
export function handlerIdentityOf(
  wrapper: ProviderWrapper,
  type: ProviderClass,
  { on, method }: Pick<FoundDeclaration, 'on' | 'method'>,
): HandlerIdentity {
  const name = on === 'class' ? nameOf(type) : `${nameOf(type)}.${String(method)}`;
  const ofWrapper = identities.get(wrapper) ?? new Map<string, HandlerIdentity>();
  const identity = ofWrapper.get(name) ?? { name, module: wrapper.host?.metatype.name };
  identities.set(wrapper, ofWrapper.set(name, identity));
  return identity;
}

export const scopedProviderOf = (wrapper: ProviderWrapper): ScopedProvider =>
  new ScopedProvider(wrapper, wrapper.host!.getProviderByKey<ModuleRef>(ModuleRef).instance);

export const targetOf = (wrapper: ProviderWrapper, method: string | symbol): HandlerTarget | undefined => {
  const type = implementationOf(wrapper);
  return type && { type, method };
};

export const invokerOf = (
  wrapper: ProviderWrapper,
  method: string | symbol,
  identity: HandlerIdentity,
  middleware: readonly ReadyMiddleware[] = [],
): HandlerInvoker => {
  const target = targetOf(wrapper, method);
  return isSingleton(wrapper)
    ? new InstanceInvoker(wrapper.instance as object, method, identity, middleware, target)
    : new ScopedInvoker(scopedProviderOf(wrapper), method, identity, middleware, target);
};

export interface ReadyHandler {
  readonly wrapper: ProviderWrapper;
  readonly kind: MessageKind;
  readonly types: readonly MessageType[];
  readonly invoker: HandlerInvoker;
}

/** Handlers with their middleware. Written by the module at startup; read by each bus that registers their provider. */
const ready = new WeakMap<ProviderWrapper, ReadyHandler[]>();
/** Handlers of providers that the module has not made ready. Written and read by `readyHandlersOf`. */
const made = new WeakMap<ProviderWrapper, ReadyHandler[]>();

export function keepReady(handlers: readonly ReadyHandler[]): void {
  for (const handler of handlers) {
    const known = ready.get(handler.wrapper);
    if (known) known.push(handler);
    else ready.set(handler.wrapper, [handler]);
  }
}

/** For registering Nest's providers, as @nestjs/cqrs allows. */
export function readyHandlersOf(wrapper: ProviderWrapper, kind: MessageKind): ReadyHandler[] {
  let handlers = ready.get(wrapper) ?? made.get(wrapper);
  if (!handlers) made.set(wrapper, (handlers = handlersOf(wrapper)));
  return handlers.filter(handler => handler.kind === kind);
}

export function messageIdsOf(wrapper: ProviderWrapper, kind: MessageKind): Set<string> {
  const ids = new Set<string>();
  for (const { types } of readyHandlersOf(wrapper, kind))
    for (const type of types) {
      const id = messageTypeId(kind, type);
      if (id !== undefined) ids.add(id);
    }
  return ids;
}

function handlersOf(wrapper: ProviderWrapper): ReadyHandler[] {
  const type = implementationOf(wrapper);
  if (!type) return [];
  return declarationsOf(type).map(declaration => ({
    wrapper,
    kind: declaration.kind,
    types: declaration.types as MessageType[],
    invoker: invokerOf(wrapper, declaration.method, handlerIdentityOf(wrapper, type, declaration)),
  }));
}

const classOf = (instance: object): ProviderClass | undefined => {
  try {
    const type: unknown = instance.constructor;
    return typeof type === 'function' ? (type as ProviderClass) : undefined;
  } catch {
    return undefined; // a proxy may refuse, as of objects that exist only during a request
  }
};
