import type { HandlerIdentity } from '../context/said.js';
import { RunCounter } from '../dispatch/run-counter.js';
import type { MessageType } from '../messages/message.js';

/** The counters of one saga, one per class of messages. */
export class SagaRuns {
  private readonly byType = new WeakMap<object, RunCounter>();

  constructor(private readonly identity: HandlerIdentity) {}

  /** The counter for a message, or for anything else that a saga emits. Never throws. */
  of(message: unknown): RunCounter {
    const type = typeOf(message);
    const present = this.byType.get(type);
    if (present !== undefined) return present;
    const runs = new RunCounter(type, this.identity);
    this.byType.set(type, runs);
    return runs;
  }
}

/** The class of anything, such as a proxy that refuses to be looked at. */
function typeOf(message: unknown): MessageType {
  try {
    const type: unknown = (message as object).constructor;
    return typeof type === 'function' ? (type as MessageType) : Unknown;
  } catch {
    return Unknown;
  }
}

/** Stands for the class of what has none. */
class Unknown {}
