import type { HandlerIdentity } from '../context/said.js';
import type { MessageContext } from '../context/message-context.js';
import { GuardedSubject, reportSource } from '../buses/guarded-stream.js';

/** An event that subscribers are shown, and what is known of its delivery. */
export interface ShownEvent<T = object> {
  readonly event: T;
  /** The context of this delivery for one handler or saga; made when asked for. */
  contextFor(handler: HandlerIdentity): MessageContext;
}

/**
 * The subject of the event bus: what is put in from outside goes to the handlers first, as what is published does.
 * A source that is subscribed to it may end or fail: the bus goes on.
 */
export class EventSubject<T> extends GuardedSubject<T> {
  /** What the subscribers are being shown right now; undefined outside of that. */
  shown: ShownEvent | undefined;

  constructor(private readonly receive: (event: T) => void) {
    super();
  }

  /** Delivers an event that comes from outside. */
  override next(event: T): void {
    this.receive(event);
  }

  /** Does nothing: that one source has ended is not the end of the bus. */
  override complete(): void {}

  /** Logs the failure of a source. */
  override error(failure: unknown): void {
    reportSource(failure);
  }

  /** Tells the subscribers that nothing more comes. */
  end(): void {
    super.complete();
  }

  /** Shows an event to the subscribers alone. */
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
