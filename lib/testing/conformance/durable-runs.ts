import type { Delivery, FailureJSON, Outcome } from '../../extension.js';

/** One delivery that a worker of the suite was given. */
export interface Run {
  readonly delivery: Delivery;
  /** On the clock of the engine, in milliseconds since 1970. */
  readonly startedAt: number;
  /** Undefined while it runs. */
  readonly outcome: Outcome | undefined;
}

/** Says what comes of a delivery. */
export type Handling = (delivery: Delivery) => Outcome | Promise<Outcome>;

export const DONE: Outcome = { isDone: true };

/** A failure; `name` and `message` arrive in `lastFailure` and in the dead letter. */
export const failed = (message = 'It is declined'): Outcome => ({
  isDone: false,
  error: failure(message),
  isDead: false,
});

/** A failure that is not tried again. */
export const dead = (message = 'It is declined'): Outcome => ({ isDone: false, error: failure(message), isDead: true });

export const failure = (message: string): FailureJSON => ({ name: 'ConformanceError', message });

/** What the workers of a case were given, in order. */
export class Runs {
  readonly all: Run[] = [];
  /** The most deliveries that ran at a time. */
  most = 0;

  constructor(
    private readonly now: () => number,
    private readonly handle: Handling,
  ) {}

  /** For `work()`. */
  readonly run = async (delivery: Delivery): Promise<Outcome> => {
    const run: { -readonly [K in keyof Run]: Run[K] } = { delivery, startedAt: this.now(), outcome: undefined };
    this.all.push(run);
    this.most = Math.max(this.most, this.running.length);
    run.outcome = await this.handle(delivery);
    return run.outcome;
  };

  get ids(): readonly string[] {
    return this.all.map(({ delivery }) => delivery.id);
  }

  get running(): readonly Run[] {
    return this.all.filter(({ outcome }) => outcome === undefined);
  }

  get ended(): readonly Run[] {
    return this.all.filter(({ outcome }) => outcome !== undefined);
  }

  of(id: string): readonly Run[] {
    return this.all.filter(({ delivery }) => delivery.id === id);
  }

  /** Milliseconds from each run to the next. */
  get gaps(): readonly number[] {
    return this.all.slice(1).map(({ startedAt }, i) => startedAt - this.all[i]!.startedAt);
  }
}
