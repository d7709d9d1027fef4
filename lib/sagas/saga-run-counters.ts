import type { HandlerIdentity } from '../context/handler-identity.js';
import { RunCounter } from '../dispatch/run-counter.js';
import type { MessageType } from '../messages/message.js';

/** One per class of messages. */
export class SagaRunCounters {
  private readonly byType = new WeakMap<object, RunCounter>();

  constructor(private readonly identity: HandlerIdentity) {}

  /** Never throws. */
  of(message: unknown): RunCounter {
    const type = typeOf(message);
    const present = this.byType.get(type);
    if (present !== undefined) return present;
    const runs = new RunCounter(type, this.identity);
    this.byType.set(type, runs);
    return runs;
  }
}

/** A proxy may refuse. */
function typeOf(message: unknown): MessageType {
  try {
    const type: unknown = (message as object).constructor;
    return typeof type === 'function' ? (type as MessageType) : Unknown;
  } catch {
    return Unknown;
  }
}

class Unknown {}
