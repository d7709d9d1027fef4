import type { HandlerIdentity } from '../context/handler-identity.js';
import type { MessageContext } from '../context/message-context.js';
import { GuardedSubject, reportSource } from '../buses/guarded-stream.js';

export interface ShownEvent<T = object> {
  readonly event: T;
  /** One per handler or saga; made on demand. */
  contextFor(handler: HandlerIdentity): MessageContext;
}

/** Events from outside go to the handlers first. A source may end or fail; the bus goes on. */
export class EventSubject<T> extends GuardedSubject<T> {
  /** Set only while subscribers are shown the event. */
  shown: ShownEvent | undefined;

  constructor(private readonly receive: (event: T) => void) {
    super();
  }

  override next(event: T): void {
    this.receive(event);
  }

  /** One source has ended, not the bus. */
  override complete(): void {}

  override error(failure: unknown): void {
    reportSource(failure);
  }

  /** Ends the stream itself. */
  end(): void {
    super.complete();
  }

  /** For subscribers, not handlers. */
  show(shown: ShownEvent): void {
    if (this.closed) return;
    const before = this.shown;
    this.shown = shown;
    try {
      super.next(shown.event as T);
    } finally {
      this.shown = before;
    }
  }
}
