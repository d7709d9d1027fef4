import { Beside } from '../messages/beside.js';

export interface RecordedEvent {
  readonly event: object;
  readonly position: number;
}

const RECORDED = Symbol('cqrs:recorded');

/** Of frozen aggregates. Written and read by `recordedBy`. */
const ofFrozen = new Beside<RecordedEvents>();

export class RecordedEvents {
  autoCommit = false;
  /** Events being applied, one within the other. */
  private depth = 0;
  private list: RecordedEvent[] = [];
  private positions = 0;

  /** A copy. */
  get events(): object[] {
    return this.list.map(({ event }) => event);
  }

  get isApplying(): boolean {
    return this.depth > 0;
  }

  recordWhile(event: object, handle: () => void): RecordedEvent {
    const recorded = { event, position: this.positions++ };
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

  /** Takes all, or one and those after it. */
  take(since?: RecordedEvent): RecordedEvent[] {
    const from = since ? this.list.filter(({ position }) => position >= since.position) : this.list;
    this.list = since ? this.list.filter(({ position }) => position < since.position) : [];
    return from;
  }

  putBack(taken: readonly RecordedEvent[]): void {
    this.list = [...taken, ...this.list].toSorted((a, b) => a.position - b.position);
  }
}

/** Made on demand: no constructor may have run. On the aggregate, so that its proxies share it; beside it if frozen. */
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
