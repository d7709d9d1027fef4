import { HandlerAlreadyRegisteredException } from '../errors/handler-already-registered.exception.js';
import { HandlerNotFoundException } from '../errors/handler-not-found.exception.js';
import { InvalidHandlerException } from '../errors/invalid-handler.exception.js';
import { describeValue } from '../errors/describe-value.js';
import { isClass, nameOf } from '../messages/inspect-message.js';
import type { MessageType } from '../messages/message.js';
import { usedMiddleware } from '../pipeline/use-middleware.decorator.js';
import { Changes, type Disposer } from './changes.js';
import type { FunctionResult, HandlerFunction } from './handler.js';
import { FunctionInvoker, type HandlerInvoker } from './handler-invoker.js';

interface Registration {
  readonly invoker: HandlerInvoker;
  /** As given, else made on demand. */
  handler: HandlerFunction | undefined;
}

/** Command or query types and their handlers: one per type. */
export class HandlerRegistry implements Iterable<[MessageType, HandlerFunction]> {
  private readonly registrations = new Map<MessageType, Registration>();
  private readonly changes = new Changes();

  get size(): number {
    return this.registrations.size;
  }

  /**
   * Registers the handler of a type.
   * @param type subclasses are handled too, unless they have their own handler
   * @throws HandlerAlreadyRegisteredException if the type has a handler
   * @throws InvalidHandlerException unless given a class and a function
   */
  register<T extends object>(type: MessageType<T>, handler: HandlerFunction<T, FunctionResult<T>>): Disposer {
    return this.registerInvoker(type, toInvoker(type, handler as HandlerFunction), handler as HandlerFunction);
  }

  /** `register()` in the form that buses call. */
  registerInvoker(type: MessageType, invoker: HandlerInvoker, handler?: HandlerFunction): Disposer {
    assertMessageType(type, invoker.identity.name);
    const present = this.registrations.get(type);
    if (present && present.invoker !== invoker)
      throw new HandlerAlreadyRegisteredException(nameOf(type), present.invoker.identity.name, invoker.identity.name);
    const registration = { handler, invoker };
    this.registrations.set(type, registration);
    this.changes.tell();
    return () => {
      if (this.registrations.get(type) === registration) this.delete(type);
    };
  }

  /**
   * The handler of exactly this type.
   * @throws HandlerNotFoundException without one
   */
  get<T extends object>(type: MessageType<T>): HandlerFunction<T> {
    const registration = this.registrations.get(type);
    if (!registration) throw new HandlerNotFoundException(nameOf(type));
    return functionOf(registration) as HandlerFunction<T>;
  }

  /** The handler of exactly this type, as buses call it. */
  find(type: MessageType): HandlerInvoker | undefined {
    return this.registrations.get(type)?.invoker;
  }

  /** Whether exactly this type has a handler. */
  has(type: MessageType): boolean {
    return this.registrations.has(type);
  }

  /** Forgets all handlers. */
  clear(): void {
    this.registrations.clear();
    this.changes.tell();
  }

  *[Symbol.iterator](): Iterator<[MessageType, HandlerFunction]> {
    for (const [type, registration] of this.registrations) yield [type, functionOf(registration)];
  }

  /** Calls back after every change, for caches. */
  onChange(observer: () => void): Disposer {
    return this.changes.observe(observer);
  }

  private delete(type: MessageType): void {
    this.registrations.delete(type);
    this.changes.tell();
  }
}

const functionOf = (registration: Registration): HandlerFunction =>
  (registration.handler ??= (message, context) => registration.invoker.invoke(message, context));

export function assertMessageType(type: unknown, handler: string): void {
  if (isClass(type)) return;
  const circular = type === undefined ? ' (a circular import?)' : '';
  throw new InvalidHandlerException(
    `A handler must name a message class, not ${describeValue(type)}${circular}.`,
    handler,
  );
}

export function toInvoker(type: MessageType, handler: HandlerFunction): HandlerInvoker {
  if (typeof handler !== 'function')
    throw new InvalidHandlerException(`A handler must be a function, not ${describeValue(handler)}.`, nameOf(type));
  const own: unknown = handler.name;
  const name = typeof own === 'string' && own !== '' ? own : `function for ${nameOf(type)}`;
  return new FunctionInvoker(handler as (message: object) => unknown, { name }, usedMiddleware(handler));
}
