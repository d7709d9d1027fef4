import type { IAggregateRoot, MessageInstance } from '../../index.js';
import { matches, valueDifference } from '../flow/difference.js';
import { failedAssertion } from '../flow/failed-assertion.js';
import { Spot } from '../flow/spot.js';
import { indented } from '../flow/words.js';
import { checkFailure, expectedFailure, type ErrorMessage, type ErrorType } from './expected-failure.js';
import { checkMessages } from './expected-messages.js';
import { expectQuestion, refuseUnasked } from './unasked.js';

type Aggregate = Pick<IAggregateRoot, 'getUncommittedEvents' | 'loadFromHistory'>;

/** What a test expects of an aggregate. */
export interface AggregateOutcome<A, R> {
  /** As it is now. */
  readonly aggregate: A;
  /**
   * Exactly these events were recorded, in this order, also those that it has committed itself.
   * @param events matchers of Jest and Vitest, and `partly()`, may stand in them
   * @throws AssertionError; what it has failed with, unless `fails()` was asked for before
   */
  records(...events: MessageInstance[]): void;
  /** No event was recorded. */
  nothing(): void;
  /** What was called returned this. */
  answers(result: R): void;
  /** @param error its class, or a part of its text, or a pattern */
  fails(error: ErrorType | ErrorMessage, message?: ErrorMessage): void;
}

/** Of an asynchronous method: each is awaited. */
export type AsyncAggregateOutcome<A, R> = {
  [K in Exclude<keyof AggregateOutcome<A, R>, 'aggregate'>]: (
    ...given: Parameters<AggregateOutcome<A, R>[K]>
  ) => Promise<void>;
} & Pick<AggregateOutcome<A, R>, 'aggregate'>;

/** What has happened to an aggregate, and what it is to do. */
export interface AggregateScenario<A> {
  /** Past events, by `loadFromHistory`. */
  given(...events: MessageInstance[]): this;
  /** Calls a method, at once. Ask for the outcome in the same statement. */
  when<R>(act: (aggregate: A) => PromiseLike<R>): AsyncAggregateOutcome<A, R>;
  when<R>(act: (aggregate: A) => R): AggregateOutcome<A, R>;
}

/**
 * A test of an aggregate as one sentence: `scenarioOf(Order).given(…).when(order => order.ship()).records(…)`. Needs no
 * application.
 * @param made its class, if it is made without arguments, or a function that makes one
 * @throws AssertionError if an earlier scenario was not asked for its outcome
 */
export function scenarioOf<A extends Aggregate>(made: (new () => A) | (() => A)): AggregateScenario<A> {
  refuseUnasked();
  return new OneAggregateScenario(made) as unknown as AggregateScenario<A>;
}

class OneAggregateScenario<A extends Aggregate> {
  private readonly history: object[] = [];

  constructor(private readonly made: (new () => A) | (() => A)) {}

  given(...events: object[]): this {
    this.history.push(...events);
    return this;
  }

  when(act: (aggregate: A) => unknown): unknown {
    const spot = new Spot();
    const aggregate = isClass(this.made) ? new this.made() : this.made();
    aggregate.loadFromHistory(this.history);
    const run = new AggregateRun(aggregate, spot.place);
    const outcome = run.run(act);
    return outcome === undefined ? run : asynchronous(run, outcome);
  }
}

const isClass = <A>(made: (new () => A) | (() => A)): made is new () => A =>
  typeof (made.prototype as Partial<Aggregate> | undefined)?.loadFromHistory === 'function';

class AggregateRun<A extends Aggregate> implements AggregateOutcome<A, unknown> {
  private readonly committed: object[] = [];
  private readonly name: string;
  private readonly asked: () => void;
  private result: unknown;
  private failure: { readonly error: unknown } | undefined;
  private mayFail = false;

  constructor(
    readonly aggregate: A,
    at: string | undefined,
  ) {
    this.name = aggregate.constructor.name;
    this.asked = expectQuestion(`the ${this.name} was called`, at);
    // What it commits itself, as with `autoCommit`, goes to no bus.
    Object.assign(aggregate, {
      publish: (event: object) => void this.committed.push(event),
      publishAll: (events: readonly object[]) => void this.committed.push(...events),
    });
  }

  /** @returns settles when an asynchronous method has; undefined for others */
  run(act: (aggregate: A) => unknown): Promise<void> | undefined {
    try {
      const result = act(this.aggregate);
      this.result = result;
      if (typeof (result as Partial<PromiseLike<unknown>> | undefined)?.then !== 'function') return undefined;
      return Promise.resolve(result).then(
        value => void (this.result = value),
        (error: unknown) => void (this.failure = { error }),
      );
    } catch (error) {
      this.failure = { error };
      return undefined;
    }
  }

  records(...expected: object[]): void {
    this.succeeded();
    checkMessages({ heading: `The ${this.name} recorded other events than expected:`, expected, actual: this.events });
  }

  nothing(): void {
    this.succeeded();
    checkMessages({ heading: `The ${this.name} should have recorded nothing:`, expected: [], actual: this.events });
  }

  answers(expected: unknown): void {
    this.succeeded();
    if (matches(expected, this.result)) return;
    const lines = indented(valueDifference(expected, this.result));
    throw failedAssertion([`The ${this.name} answered something else:`, ...lines], { actual: this.result, expected });
  }

  fails(error: ErrorType | ErrorMessage, message?: ErrorMessage): void {
    this.asked();
    this.mayFail = true;
    const errors = this.failure === undefined ? [] : [this.failure.error];
    checkFailure(`The ${this.name}`, expectedFailure(error, message), errors, []);
  }

  private get events(): object[] {
    return [...this.committed, ...this.aggregate.getUncommittedEvents()];
  }

  /** It is asked for its outcome, and has not failed. */
  succeeded(): void {
    this.asked();
    if (this.failure !== undefined && !this.mayFail) throw this.failure.error;
  }

  ask(): void {
    this.asked();
  }
}

const QUESTIONS = ['records', 'nothing', 'answers', 'fails'] as const;

/** The same questions, answered when the method has settled. */
function asynchronous<A extends Aggregate>(run: AggregateRun<A>, settled: Promise<void>): object {
  const later =
    (question: (typeof QUESTIONS)[number]) =>
    (...given: never[]): Promise<void> => {
      run.ask();
      return new Spot().tells(async () => {
        await settled;
        run[question](...(given as never as [never]));
      });
    };
  return {
    aggregate: run.aggregate,
    ...Object.fromEntries(QUESTIONS.map(question => [question, later(question)])),
  };
}
