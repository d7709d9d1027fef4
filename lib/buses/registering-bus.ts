import { messageTypeId } from '../handlers/handler.decorators.js';
import type { HandlerInvoker } from '../handlers/handler-invoker.js';
import { messageIdsOf, readyHandlersOf } from '../handlers/provider-handlers.js';
import type { MessageKind, MessageType } from '../messages/message.js';
import { ObservableBus } from './observable-bus.js';
import type { ProviderWrapper } from '../scopes/provider-wrapper.js';

/** Subclasses written for @nestjs/cqrs override and call these members. */
export abstract class RegisteringBus<TBase> extends ObservableBus<TBase> {
  protected constructor(private readonly handles: MessageKind) {
    super();
  }

  protected registerHandler(wrapper: ProviderWrapper): void {
    // Only an overridden `bind` needs identifiers; the lookup takes longer than registering.
    if (this.bind !== RegisteringBus.prototype.bind)
      for (const id of messageIdsOf(wrapper, this.handles)) this.bind(wrapper, id);
    else for (const { types, invoker } of readyHandlersOf(wrapper, this.handles)) this.registerInvoker(types, invoker);
  }

  /** For the message type with this identifier, as in @nestjs/cqrs. */
  bind(wrapper: ProviderWrapper, id: string): void {
    for (const { types, invoker } of readyHandlersOf(wrapper, this.handles))
      this.registerInvoker(
        types.filter(type => this.isIdentified(type, id)),
        invoker,
      );
  }

  protected isIdentified(type: MessageType, id: string): boolean {
    return messageTypeId(this.handles, type) === id;
  }

  protected abstract registerInvoker(types: readonly MessageType[], invoker: HandlerInvoker): void;
}
