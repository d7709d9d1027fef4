import type { HandlerIdentity } from '../context/said.js';
import type { Running } from '../dispatch/in-flight.js';
import type { MessageType } from '../messages/message.js';

/** What runs of one saga, as the report at the end of the application names it: one entry for all messages of a class. */
export class SagaRuns {
  private readonly byType = new WeakMap<object, Running>();

  constructor(private readonly identity: HandlerIdentity) {}

  /** The entry for a message, or for whatever a saga emitted in place of one. Never throws. */
  of(message: unknown): Running {
    const type = typeOf(message);
    const present = this.byType.get(type);
    if (present !== undefined) return present;
    const running: Running = { type, invoker: { identity: this.identity }, running: 0 };
    this.byType.set(type, running);
    return running;
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
