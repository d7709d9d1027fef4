import { Beside } from '../messages/beside.js';

/** An event and its place in the order of all that were recorded. */
export interface RecordedEvent {
  readonly event: object;
  readonly place: number;
}

const RECORDED = Symbol('cqrs:recorded');

/**
 * What frozen aggregates have recorded. Beside the aggregate, which takes no property. Written and read by `recordedBy`.
 */
const ofFrozen = new Beside<RecordedEvents>();

/** What an aggregate has recorded and not published, in the order in which it happened. */
export class RecordedEvents {
  /** Whether events are published as soon as they are applied. */
  autoCommit = false;
  /** How many applications of events are under way, one within the other. */
  private depth = 0;
  private list: RecordedEvent[] = [];
  private places = 0;

  /** The events, in a list of its own. */
  get events(): object[] {
    return this.list.map(({ event }) => event);
  }

  /** Whether the application of an event is under way. */
  get isApplying(): boolean {
    return this.depth > 0;
  }

  /**
   * Records an event, and calls what handles it.
   * @throws what the handler throws; then neither the event nor what the handler applied remains
   */
  recordWhile(event: object, handle: () => void): RecordedEvent {
    const recorded = { event, place: this.places++ };
    this.list.push(recorded);
    this.depth++;
    try {
      handle();
      return recorded;
    } catch (error) {
      this.take(recorded);
      throw error;
    } finally {
      this.depth--;
    }
  }

  /** Takes out all, or those recorded since one of them, that one included. */
  take(since?: RecordedEvent): RecordedEvent[] {
    const from = since ? this.list.filter(({ place }) => place >= since.place) : this.list;
    this.list = since ? this.list.filter(({ place }) => place < since.place) : [];
    return from;
  }

  /** Puts back what has been taken out, each at its place. */
  putBack(taken: readonly RecordedEvent[]): void {
    this.list = [...taken, ...this.list].toSorted((a, b) => a.place - b.place);
  }
}

/**
 * What belongs to an aggregate. Made when first asked for, since nothing says that a constructor was run; it is kept
 * on the aggregate, so that proxies of it share it, and beside it where the aggregate is frozen.
 */
export function recordedBy(aggregate: object): RecordedEvents {
  const present = Object.hasOwn(aggregate, RECORDED)
    ? (aggregate as { [RECORDED]: RecordedEvents })[RECORDED]
    : ofFrozen.of(aggregate);
  if (present) return present;
  const recorded = new RecordedEvents();
  if (Object.isExtensible(aggregate)) Object.defineProperty(aggregate, RECORDED, { value: recorded });
  else ofFrozen.set(aggregate, recorded);
  return recorded;
}
