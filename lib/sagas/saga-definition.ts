import { whereOf, type HandlerIdentity } from '../context/handler-identity.js';
import { InvalidSagaException, UnsupportedSagaScopeException } from '../errors/wiring.exception.js';
import type { HandlerInvoker } from '../handlers/handler-invoker.js';
import { handlerIdentityOf, invokerOf } from '../handlers/provider-handlers.js';
import type { MessageType } from '../messages/message.js';
import type { SagaDeclaration } from './saga.decorator.js';
import { type ProviderClass, type ProviderWrapper, isSingleton } from '../scopes/provider-wrapper.js';

export interface SagaDefinition {
  /** The method; the cause if the stream itself fails, as in @nestjs/cqrs. */
  readonly name: string;
  /** Left out if the saga gets the stream. */
  readonly events?: readonly MessageType[] | undefined;
  readonly invoker: HandlerInvoker;
}

/** @throws UnsupportedSagaScopeException, InvalidSagaException */
export function sagaOf(
  wrapper: ProviderWrapper,
  type: ProviderClass,
  { method, events }: SagaDeclaration,
): SagaDefinition {
  const identity = handlerIdentityOf(wrapper, type, { on: 'method', method });
  if (!isSingleton(wrapper)) throw scopeException(identity);
  if (typeof (wrapper.instance as Record<string | symbol, unknown>)[method] !== 'function')
    throw invalidSaga(identity, 'is not a function', 'Decorate a method, or a property that holds a function.');
  if (events?.some(event => typeof event !== 'function'))
    throw invalidSaga(
      identity,
      'names an event class that is not there',
      'Check for a circular import between the file of the event and that of the saga.',
    );
  return {
    name: String(method),
    events: events as readonly MessageType[] | undefined,
    invoker: invokerOf(wrapper, method, identity),
  };
}

export const invalidSaga = (identity: HandlerIdentity, what: string, remedy: string, cause?: unknown) =>
  new InvalidSagaException([
    { code: 'CQRS_INVALID_SAGA', what: `The saga ${identity.name} ${what}.`, where: whereOf(identity), remedy, cause },
  ]);

const scopeException = (identity: HandlerIdentity) =>
  new UnsupportedSagaScopeException([
    {
      code: 'CQRS_SAGA_SCOPE',
      what: `The saga ${identity.name} belongs to a provider that has no single instance.`,
      where: whereOf(identity),
      remedy:
        'A saga listens as long as the application lives: make its provider, and what that injects, singletons, and resolve what is request-scoped when it is needed, with ModuleRef.',
    },
  ]);
