import type { INestApplicationContext } from '@nestjs/common';
import type { MessageInstance, StreamSagaFunction } from '../../index.js';
import type { TrackedFlow } from '../flow/flow.js';
import { Spot } from '../flow/spot.js';
import { Tracker } from '../flow/track.js';
import { nameOf } from '../flow/words.js';
import type { TimeSpan } from '../time/duration.js';
import { virtualTime } from '../time/virtual-time.js';
import { checkFailure, expectedFailure, type ErrorMessage, type ErrorType } from './expected-failure.js';
import { checkMessages } from './expected-messages.js';
import { historyLines, shownMessage, type SagaHistory, type SagaStep } from './saga-history.js';
import { eventsOf, hostedFunction, hostedMethod, startHost, stopHost, type HostedSaga } from './saga-host.js';
import { send } from './send.js';
import { expectQuestion, refuseUnasked } from './unasked.js';

/** What a test expects of a saga. */
export interface SagaOutcome {
  /**
   * Exactly these commands were sent since `when`, in this order.
   * @param commands matchers of Jest and Vitest, and `partly()`, may stand in them
   * @throws (rejects) AssertionError; what the saga has failed with
   */
  sends(...commands: MessageInstance[]): Promise<void>;
  /** No command was sent since `when`. */
  nothing(): Promise<void>;
  /** @param error its class, or a part of its text, or a pattern */
  fails(error: ErrorType | ErrorMessage, message?: ErrorMessage): Promise<void>;
}

/** What has happened, and what a saga makes of what comes. */
export interface SagaScenario {
  /** These events came before; what the saga has sent for them is not recorded. */
  given(...events: MessageInstance[]): this;
  /** An event comes. Ask for the outcome in the same statement. */
  when(event: MessageInstance): SagaOutcome;
  /**
   * Time passes, in `virtualTime()`. Ask for the outcome in the same statement.
   * @param span milliseconds, or a text such as `24h`
   */
  whenTimePasses(span: TimeSpan): SagaOutcome;
}

/** Names of methods, and of properties with a function. */
type MethodOf<T> = { [K in keyof T]: T[K] extends (...args: never[]) => unknown ? K : never }[keyof T];

/**
 * A test of a saga as one sentence: `await sagaOf(new Reminders(), 'onPaid').given(…).whenTimePasses('24h').sends(…)`.
 * Runs the saga as an application does, whose commands go nowhere.
 * @param saga a function that gets the stream of events; or a provider, and the name of its saga
 * @throws AssertionError if an earlier scenario was not asked for its outcome
 */
export function sagaOf(saga: StreamSagaFunction): SagaScenario;
export function sagaOf<T extends object>(provider: T, saga: MethodOf<T>): SagaScenario;
export function sagaOf(saga: object, method?: PropertyKey): SagaScenario {
  refuseUnasked();
  const hosted = method === undefined ? hostedFunction(saga as StreamSagaFunction) : hostedMethod(saga, method);
  return new OneSagaScenario(hosted);
}

/** What has come of it. */
interface Ended {
  readonly flows: readonly TrackedFlow<unknown>[];
  readonly history: SagaHistory;
}

/** What is done after `given`. */
interface Step {
  readonly text: string;
  run(track: (event: object) => Promise<TrackedFlow<unknown>>): Promise<TrackedFlow<unknown> | undefined>;
  ended?(): void;
}

class OneSagaScenario implements SagaScenario {
  private readonly events: object[] = [];

  constructor(private readonly saga: HostedSaga) {}

  given(...events: object[]): this {
    this.events.push(...events);
    return this;
  }

  when(event: object): SagaOutcome {
    const spot = new Spot();
    const run = this.run(spot, { text: shownMessage(event), run: track => track(event) });
    return new OneSagaOutcome(run, this.saga.name, spot.place, nameOf(event));
  }

  whenTimePasses(span: TimeSpan): SagaOutcome {
    const spot = new Spot();
    const clock = virtualTime();
    const run = this.run(spot, {
      text: `${typeof span === 'number' ? `${span} ms` : span} pass`,
      run: async () => {
        await clock.advance(span);
        return undefined;
      },
      ended: () => clock.restore(),
    });
    return new OneSagaOutcome(run, this.saga.name, spot.place, 'time passes');
  }

  private async run(spot: Spot, step: Step): Promise<Ended> {
    const { name } = this.saga;
    const flows: TrackedFlow<unknown>[] = [];
    const steps: SagaStep[] = [];
    const sent = () => flows.flatMap(({ emitted }) => emitted).filter(({ saga }) => saga === name);
    let app: INestApplicationContext | undefined;
    try {
      const host = (app = await startHost(this.saga));
      const wants = eventsOf(host, this.saga);
      const track = async (event: object) => {
        const tracker = new Tracker(host, { failures: 'collect' });
        const flow = await tracker.begin(`event ${nameOf(event)}`, () => send(host, event), spot);
        flows.push(flow);
        return flow;
      };
      for (const event of this.events) {
        const flow = await track(event);
        flow.refuseFailures();
        steps.push({ word: 'given', text: shownMessage(event), flow });
      }
      const before = sent();
      const flow = await step.run(track);
      steps.push({ word: 'when', text: step.text, ...(flow && { flow }) });
      const history: SagaHistory = {
        name,
        wants,
        steps,
        before,
        sent: sent().filter(one => !before.includes(one)),
        timers: timersOf(name, flows),
      };
      return { flows, history };
    } finally {
      step.ended?.();
      if (app !== undefined) await stopHost(app);
    }
  }
}

const timersOf = (saga: string, flows: readonly TrackedFlow<unknown>[]): (number | undefined)[] =>
  flows
    .flatMap(flow => flow.timersOf(saga))
    .map(({ firesAt }) => (firesAt === undefined ? undefined : firesAt - Date.now()));

class OneSagaOutcome implements SagaOutcome {
  private readonly asked: () => void;

  constructor(
    private readonly run: Promise<Ended>,
    private readonly name: string,
    at: string | undefined,
    what: string,
  ) {
    this.asked = expectQuestion(`${what}, of the saga ${name}`, at);
    run.catch(() => undefined);
  }

  sends(...commands: object[]): Promise<void> {
    return this.check('sent other commands than expected:', commands);
  }

  nothing(): Promise<void> {
    return this.check('should have sent nothing:', []);
  }

  fails(error: ErrorType | ErrorMessage, message?: ErrorMessage): Promise<void> {
    return this.ended(({ flows, history }) => {
      const errors = flows.flatMap(({ failures }) => failures).map(failure => failure.error);
      checkFailure(`The saga ${this.name}`, expectedFailure(error, message), errors, historyLines(history));
    });
  }

  private check(what: string, expected: readonly object[]): Promise<void> {
    return this.ended(({ flows, history }) => {
      for (const flow of flows) flow.refuseFailures('Where the test is about this: ask for fails().');
      checkMessages({
        heading: `The saga ${this.name} ${what}`,
        expected,
        actual: history.sent.map(({ message }) => message),
        more: historyLines(history),
      });
    });
  }

  private ended(check: (ended: Ended) => void): Promise<void> {
    this.asked();
    return new Spot().tells(async () => check(await this.run));
  }
}
