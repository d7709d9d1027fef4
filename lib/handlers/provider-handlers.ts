import { ModuleRef, type DiscoveryService } from '@nestjs/core';
import type { HandlerIdentity } from '../context/message-context.js';
import type { MessageKind, MessageType } from '../messages/message.js';
import type { ReadyMiddleware } from '../pipeline/middleware.js';
import { declarationsOf, type FoundDeclaration } from './handler-declaration.js';
import { messageTypeId } from './handler.decorators.js';
import { InstanceInvoker, type HandlerInvoker } from './handler-invoker.js';
import { ScopedInvoker, type ScopedProvider } from './scoped-invoker.js';

/** What Nest keeps of one provider; named by way of the public service that returns it. */
export type ProviderWrapper = ReturnType<DiscoveryService['getProviders']>[number];

/** A class whose instances are made elsewhere. */
type AnyClass = abstract new (...args: never[]) => object;

/** Whether one instance serves the whole application. */
export const isSingleton = (wrapper: ProviderWrapper): boolean =>
  wrapper.isDependencyTreeStatic() && !wrapper.isTransient;

/**
 * The class that implements a provider: of its value, of what a factory made, else the class named.
 * @returns undefined where it cannot be known, as for a request-scoped factory under a string token
 */
export function implementationOf(wrapper: ProviderWrapper): AnyClass | undefined {
  if (isSingleton(wrapper)) {
    const instance: unknown = wrapper.instance;
    return typeof instance === 'object' && instance !== null ? classOf(instance) : undefined;
  }
  if (typeof wrapper.metatype === 'function' && !wrapper.inject) return wrapper.metatype as AnyClass;
  return typeof wrapper.token === 'function' ? (wrapper.token as AnyClass) : undefined;
}

/** Class and module of a provider, and its method where that is what handles. */
export const identityOf = (
  wrapper: ProviderWrapper,
  type: AnyClass,
  { on, method }: Pick<FoundDeclaration, 'on' | 'method'>,
): HandlerIdentity => ({
  name: on === 'class' ? type.name : `${type.name}.${String(method)}`,
  module: wrapper.host?.metatype.name,
});

/** Where the instances of a provider that has no single one come from: its own token in its own module. */
export const scopedProviderOf = (wrapper: ProviderWrapper): ScopedProvider => ({
  token: wrapper.token,
  moduleRef: wrapper.host!.getProviderByKey<ModuleRef>(ModuleRef).instance,
});

/** Calls a method of a provider, whatever its scope. */
export const invokerOf = (
  wrapper: ProviderWrapper,
  method: string | symbol,
  identity: HandlerIdentity,
  middleware: readonly ReadyMiddleware[] = [],
): HandlerInvoker =>
  isSingleton(wrapper)
    ? new InstanceInvoker(wrapper.instance as object, method, identity, middleware)
    : new ScopedInvoker(scopedProviderOf(wrapper), method, identity, middleware);

/**
 * The handlers of one provider, for those who register wrappers by hand, as @nestjs/cqrs lets them.
 * @param wrapper what Nest keeps of the provider
 * @param kind only handlers of these messages
 * @param id only those of the message type with this identifier
 */
export function invokersOf(
  wrapper: ProviderWrapper,
  kind: MessageKind,
  id?: string,
): { types: readonly MessageType[]; invoker: HandlerInvoker }[] {
  const type = implementationOf(wrapper);
  if (!type) return [];
  return declarationsOf(type)
    .filter(declaration => declaration.kind === kind)
    .map(declaration => ({
      types: (declaration.types as MessageType[]).filter(
        message => id === undefined || messageTypeId(kind, message) === id,
      ),
      invoker: invokerOf(wrapper, declaration.method, identityOf(wrapper, type, declaration)),
    }));
}

const classOf = (instance: object): AnyClass | undefined => {
  const type: unknown = instance.constructor;
  return typeof type === 'function' ? (type as AnyClass) : undefined;
};
