import type { INestApplicationContext } from '@nestjs/common';
import type { BareOptions, DispatchOptions, MessageInstance } from '../../index.js';
import type { MessageType } from '../../extension.js';
import { Kit } from '../flow/kit.js';
import type { TrackedFlow } from '../flow/flow.js';
import { Spot } from '../flow/spot.js';
import { Tracker, type TrackOptions } from '../flow/track.js';
import { nameOf } from '../flow/words.js';
import { stubOf, type Stub, type StubbedMessage } from '../stub/stub.js';
import { Outcome, type ScenarioOutcome } from './outcome.js';
import { kindOf, send, type Answered, type SendOptions } from './send.js';
import { expectQuestion, refuseUnasked, watchClose } from './unasked.js';

/** How a scenario is watched. A failure fails it, unless the test asks for `fails()`. */
export type ScenarioOptions = Omit<TrackOptions, 'failures'>;

/** What a stub answers with; an `Error` fails. */
export type StubAnswer<T extends object> = Parameters<Stub<T>['with']>[0] | Error;

/** What is given, what happens, and what comes of it. */
export interface Scenario {
  /** Publishes these events, and executes these commands, one after another, with all that they cause. It is not recorded. */
  given(...messages: MessageInstance[]): this;
  /**
   * Answers in place of a handler while the scenario runs.
   * @param answer a value, a function of the message, or an `Error` to fail with; without it, the stub does nothing
   */
  stubbed<T extends object>(type: MessageType<T>, answer?: StubAnswer<StubbedMessage<T>>): this;
  /**
   * Sends a message, or calls a function, at once. Ask for the outcome in the same statement.
   * @param sent a command, a query, a stream query, an event, or a function
   * @param options of the bus: headers, a context, a limit
   */
  when<T extends MessageInstance>(sent: T, options?: SendOptions<T>): ScenarioOutcome<Answered<T>>;
  when<R>(sent: () => R | PromiseLike<R>): ScenarioOutcome<R>;
}

/**
 * A test of an application as one sentence: `await scenario(app).given(…).when(…).publishes(…)`. A scenario that the
 * test does not ask for its outcome fails the next call of the kit, and `app.close()`.
 * @throws CqrsException (CQRS_NOT_OBSERVABLE); AssertionError if an earlier scenario was not asked for its outcome
 */
export function scenario(app: INestApplicationContext, options: ScenarioOptions = {}): Scenario {
  refuseUnasked();
  Kit.of(app);
  watchClose(app);
  return new ApplicationScenario(app, options);
}

class ApplicationScenario implements Scenario {
  private readonly givens: object[] = [];
  private readonly stubs: (() => Disposable)[] = [];

  constructor(
    private readonly app: INestApplicationContext,
    private readonly options: ScenarioOptions,
  ) {}

  given(...messages: object[]): this {
    this.givens.push(...messages);
    return this;
  }

  stubbed<T extends object>(type: MessageType<T>, ...answers: [answer?: StubAnswer<StubbedMessage<T>>]): this {
    this.stubs.push(() => {
      const stub = stubOf(this.app, type);
      if (answers.length === 0) return stub.silent();
      const [answer] = answers;
      return answer instanceof Error ? stub.failing(answer) : stub.with(answer as never);
    });
    return this;
  }

  when(sent: object, options?: BareOptions | DispatchOptions): Outcome<never> {
    const spot = new Spot();
    const at = spot.place;
    const isFunction = typeof sent === 'function';
    const name = isFunction ? 'the function' : nameOf(sent);
    const flow = this.run(sent, spot, options) as Promise<TrackedFlow<never>>;
    return new Outcome({ flow, name, sent, at, asked: expectQuestion(name, at) });
  }

  private async run(
    sent: object,
    spot: Spot,
    sendOptions: BareOptions | DispatchOptions | undefined,
  ): Promise<TrackedFlow<unknown>> {
    const { app, options } = this;
    const stubs = this.stubs.map(begin => begin());
    try {
      for (const message of this.givens)
        await new Tracker(app, options).begin(this.rootOf(message), () => send(app, message), spot);
      const start = typeof sent === 'function' ? (sent as () => unknown) : () => send(app, sent, sendOptions);
      return await new Tracker(app, { ...options, failures: 'collect' }).begin(this.rootOf(sent), start, spot);
    } finally {
      for (const stub of stubs.toReversed()) stub[Symbol.dispose]();
    }
  }

  private rootOf(sent: object): string {
    return typeof sent === 'function' ? 'a function' : `${kindOf(this.app, sent)} ${nameOf(sent)}`;
  }
}
