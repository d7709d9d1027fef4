import type { MessageType } from '../messages/message.js';
import { Changes, type Disposer } from './changes.js';
import type { HandlerFunction } from './handler.js';
import type { HandlerInvoker } from './handler-invoker.js';
import { assertMessageType, toInvoker } from './handler-registry.js';

/** Event types and their handlers: any number per type. */
export class EventHandlerRegistry implements Iterable<[MessageType, readonly HandlerInvoker[]]> {
  private readonly handlers = new Map<MessageType, Set<HandlerInvoker>>();
  private readonly changes = new Changes();

  get size(): number {
    return this.handlers.size;
  }

  /**
   * Adds a handler for a type and its subclasses.
   * @throws InvalidHandlerException unless given a class and a function
   */
  register<T extends object>(type: MessageType<T>, handler: HandlerFunction<T>): Disposer {
    return this.registerInvoker([type], toInvoker(type, handler as HandlerFunction));
  }

  /** An event of several types reaches the handler once. */
  registerInvoker(types: readonly MessageType[], invoker: HandlerInvoker): Disposer {
    for (const type of types) assertMessageType(type, invoker.identity.name);
    for (const type of types) {
      const present = this.handlers.get(type);
      if (present) present.add(invoker);
      else this.handlers.set(type, new Set([invoker]));
    }
    this.changes.tell();
    return () => {
      for (const type of types) this.remove(type, invoker);
      this.changes.tell();
    };
  }

  /** Of exactly this type, in the order of registration. */
  get(type: MessageType): readonly HandlerInvoker[] {
    return [...(this.handlers.get(type) ?? [])];
  }

  /** Whether exactly this type has a handler. */
  has(type: MessageType): boolean {
    return this.handlers.has(type);
  }

  /** Forgets all handlers. */
  clear(): void {
    this.handlers.clear();
    this.changes.tell();
  }

  *[Symbol.iterator](): Iterator<[MessageType, readonly HandlerInvoker[]]> {
    for (const [type, handlers] of this.handlers) yield [type, [...handlers]];
  }

  /** Calls back after every change, for caches. */
  onChange(observer: () => void): Disposer {
    return this.changes.observe(observer);
  }

  private remove(type: MessageType, invoker: HandlerInvoker): void {
    const present = this.handlers.get(type);
    present?.delete(invoker);
    if (present?.size === 0) this.handlers.delete(type);
  }
}
