import type { MessageInstance } from '../../index.js';
import { matches, valueDifference } from '../flow/difference.js';
import { failedAssertion } from '../flow/failed-assertion.js';
import type { Flow, TrackedFlow } from '../flow/flow.js';
import type { Recorded } from '../flow/recorded.js';
import { Spot } from '../flow/spot.js';
import { causeText, indented, nameOf } from '../flow/words.js';
import { checkFailure, expectedFailure, type ErrorMessage, type ErrorType } from './expected-failure.js';
import { checkMessages } from './expected-messages.js';

/** What a test expects of a scenario. Each resolves with the flow, when all that was caused has been done. */
export interface ScenarioOutcome<R> {
  /**
   * Exactly these events were published, in this order.
   * @param events matchers of Jest and Vitest, and `partly()`, may stand in them
   * @throws (rejects) AssertionError; what it has failed with, unless `fails()` was asked for before
   */
  publishes(...events: MessageInstance[]): Promise<Flow<R>>;
  /** Exactly these commands were executed, in this order, those of sagas too, beside the one that was sent. */
  sends(...commands: MessageInstance[]): Promise<Flow<R>>;
  /** No event was published and no command executed, beside what was sent. */
  nothing(): Promise<Flow<R>>;
  /** The result, or the answer, is this one. */
  answers(result: R): Promise<Flow<R>>;
  /**
   * It failed, or an event handler or saga did.
   * @param error its class, or a part of its text, or a pattern
   */
  fails(error: ErrorType | ErrorMessage, message?: ErrorMessage): Promise<Flow<R>>;
}

interface Run<R> {
  readonly flow: Promise<TrackedFlow<R>>;
  /** As texts name it. */
  readonly name: string;
  readonly sent: object;
  readonly at: string | undefined;
  readonly asked: () => void;
}

const WHERE_EXPECTED = 'Where the test is about this: ask for fails() first.';

export class Outcome<R> implements ScenarioOutcome<R> {
  private mayFail = false;

  constructor(private readonly run: Run<R>) {
    // A scenario that the test does not ask for its outcome is told of by the next call of the kit.
    run.flow.catch(() => undefined);
  }

  publishes(...events: object[]): Promise<Flow<R>> {
    return this.succeeded(flow => this.compare(flow, 'published other events than expected:', events, flow.published));
  }

  sends(...commands: object[]): Promise<Flow<R>> {
    return this.succeeded(flow =>
      this.compare(flow, 'sent other commands than expected:', commands, this.commandsOf(flow)),
    );
  }

  nothing(): Promise<Flow<R>> {
    return this.succeeded(flow => {
      const all = [...this.commandsOf(flow), ...flow.published.filter(one => !this.isSent(one))];
      this.compare(flow, 'should have caused nothing, and has sent:', [], all);
    });
  }

  answers(result: R): Promise<Flow<R>> {
    return this.succeeded(flow => {
      if (matches(result, flow.result)) return;
      throw failedAssertion(
        [`${this.run.name} answered something else${this.place}:`, ...indented(valueDifference(result, flow.result))],
        { actual: flow.result, expected: result },
      );
    });
  }

  fails(error: ErrorType | ErrorMessage, message?: ErrorMessage): Promise<Flow<R>> {
    this.mayFail = true;
    return this.asked(flow => {
      const errors = flow.failures.map(failure => failure.error);
      checkFailure(this.run.name, expectedFailure(error, message), errors, happenedLines(flow));
    });
  }

  private succeeded(check: (flow: TrackedFlow<R>) => void): Promise<Flow<R>> {
    return this.asked(flow => {
      if (!this.mayFail) flow.refuseFailures(WHERE_EXPECTED);
      check(flow);
    });
  }

  private asked(check: (flow: TrackedFlow<R>) => void): Promise<Flow<R>> {
    this.run.asked();
    return new Spot().tells(async () => {
      const flow = await this.run.flow;
      check(flow);
      return flow;
    });
  }

  private compare(flow: TrackedFlow<R>, what: string, expected: readonly object[], found: readonly Recorded[]): void {
    const actual = found.map(({ message }) => message);
    const other = found.find(({ message }) => !expected.some(one => matches(one, message)));
    checkMessages({
      heading: `${this.run.name} ${what}`,
      expected,
      actual,
      more: [...causeLines(other, this.run.at), ...happenedLines(flow)],
    });
  }

  /** Without the one that was sent. */
  private commandsOf({ executed }: Flow<R>): readonly Recorded[] {
    return executed.filter(one => !this.isSent(one));
  }

  private isSent({ message, cause }: Recorded): boolean {
    return cause === undefined && message === this.run.sent;
  }

  private get place(): string {
    return this.run.at === undefined ? '' : `, tracked at ${this.run.at}`;
  }
}

/** What has sent a message that is not as expected. */
function causeLines(recorded: Recorded | undefined, at: string | undefined): string[] {
  const text = recorded && causeText(recorded, at);
  return text === undefined ? [] : [`  ${nameOf(recorded!.message)}: ${text}`];
}

/** With what may still come. */
function happenedLines(flow: TrackedFlow<unknown>): string[] {
  const tree = flow.tree();
  return [...(tree === '' ? [] : ['What has happened:', ...indented(tree.split('\n'))]), ...flow.comingLines()];
}
