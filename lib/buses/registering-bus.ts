import { messageTypeId } from '../handlers/handler.decorators.js';
import type { HandlerInvoker } from '../handlers/handler-invoker.js';
import { messageIdsOf, readyHandlersOf, type ProviderWrapper } from '../handlers/provider-handlers.js';
import type { MessageKind, MessageType } from '../messages/message.js';
import { ObservableBus } from './observable-bus.js';

/** The part of every bus that takes handlers, as subclasses written for @nestjs/cqrs know it. */
export abstract class RegisteringBus<TBase> extends ObservableBus<TBase> {
  protected constructor(private readonly handles: MessageKind) {
    super();
  }

  /** Registers the handlers of one decorated provider. */
  protected registerHandler(wrapper: ProviderWrapper): void {
    // Identifiers are there for a subclass that overrides `bind`: to look them up takes longer than to register.
    if (this.bind !== RegisteringBus.prototype.bind)
      for (const id of messageIdsOf(wrapper, this.handles)) this.bind(wrapper, id);
    else for (const { types, invoker } of readyHandlersOf(wrapper, this.handles)) this.registerInvoker(types, invoker);
  }

  /** Registers a decorated provider for the message type of this identifier, as @nestjs/cqrs does. */
  bind(wrapper: ProviderWrapper, id: string): void {
    for (const { types, invoker } of readyHandlersOf(wrapper, this.handles))
      this.registerInvoker(
        types.filter(type => this.isIdentified(type, id)),
        invoker,
      );
  }

  /** Whether a message type has an identifier. */
  protected isIdentified(type: MessageType, id: string): boolean {
    return messageTypeId(this.handles, type) === id;
  }

  /** Puts a handler into the registry. */
  protected abstract registerInvoker(types: readonly MessageType[], invoker: HandlerInvoker): void;
}
