import type { HandlerInvoker } from '../handlers/handler-invoker.js';
import type { MessageType } from '../messages/message.js';
import type { Composed } from '../pipeline/compose.js';

interface Kept {
  readonly all: Map<MessageType, Composed | undefined>;
  readonly ofArrivals: Map<MessageType, Composed | undefined>;
}

/** What probes have wrapped for messages that a middleware puts in place of others: once, not at each message. */
export class ComposedOnce {
  private readonly kept = new WeakMap<HandlerInvoker, Kept>();

  get(
    invoker: HandlerInvoker,
    type: MessageType,
    isArrival: boolean,
    compose: () => Composed | undefined,
  ): Composed | undefined {
    const ofInvoker = this.kept.get(invoker) ?? { all: new Map(), ofArrivals: new Map() };
    this.kept.set(invoker, ofInvoker);
    const known = isArrival ? ofInvoker.ofArrivals : ofInvoker.all;
    if (!known.has(type)) known.set(type, compose());
    return known.get(type);
  }
}
