import type { RecordedMessage, RecordedRun } from './recorded.js';

/** What has begun a timer. */
export interface TimerCause {
  readonly recorded?: RecordedMessage | undefined;
  readonly run?: RecordedRun | undefined;
  /** The saga that works on the message. */
  readonly saga?: string | undefined;
}

/** A timer of Node; a timer that has fired says so at once, the hooks of Node tell it a turn later. */
export interface TimerResource {
  readonly _destroyed?: boolean;
}

export interface BegunTimer {
  readonly cause: TimerCause;
  readonly resource: TimerResource;
  /** In virtual time; undefined for a real timer. */
  readonly firesAt?: number;
}

/** Timers of one flow that have neither fired nor been cleared. */
export class PendingTimers {
  private readonly begun = new Map<number, BegunTimer>();

  /** @param changed told when one has ended */
  constructor(private readonly changed: () => void) {}

  get size(): number {
    return this.causes.length;
  }

  get causes(): readonly TimerCause[] {
    return this.pending.map(({ cause }) => cause);
  }

  of(saga: string): readonly BegunTimer[] {
    return this.pending.filter(({ cause }) => cause.saga === saga);
  }

  private get pending(): readonly BegunTimer[] {
    return [...this.begun.values()].filter(({ resource }) => resource._destroyed !== true);
  }

  begin(id: number, timer: BegunTimer): void {
    this.begun.set(id, timer);
  }

  end(id: number): void {
    this.begun.delete(id);
    this.changed();
  }
}
