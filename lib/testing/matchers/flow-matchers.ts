import type { MessageType } from '../../extension.js';
import { failedAssertion } from '../flow/failed-assertion.js';
import { otherFields } from '../flow/difference.js';
import type { Flow } from '../flow/flow.js';
import type { Recording } from '../flow/recording.js';
import {
  expectedFailure,
  expectedText,
  isExpected,
  type ErrorMessage,
  type ErrorType,
} from '../scenario/expected-failure.js';
import { failureText, nameOf } from '../flow/words.js';

/** What is asked of a flow: `expect(flow).toHavePublished(OrderShipped, { orderId: 'o1' })`. */
export interface FlowMatchers<R = void> {
  /**
   * A command of the class was executed.
   * @param expected fields that it has, or a whole message; matchers may stand within
   */
  toHaveExecuted<T extends object>(type: MessageType<T>, expected?: Partial<T>): R;
  /** A query of the class was asked. */
  toHaveAsked<T extends object>(type: MessageType<T>, expected?: Partial<T>): R;
  /** An event of the class was published. */
  toHavePublished<T extends object>(type: MessageType<T>, expected?: Partial<T>): R;
  /**
   * What was sent, an event handler or a saga failed. Needs `track(app, { failures: 'collect' })`.
   * @param error its class, or a part of its text, or a pattern; any, if left out
   */
  toHaveFailed(error?: ErrorType | ErrorMessage, message?: ErrorMessage): R;
}

/** What a matcher of Jest or Vitest gives back. */
export interface Matched {
  readonly pass: boolean;
  readonly message: () => string;
  readonly actual?: unknown;
  readonly expected?: unknown;
}

const recorded =
  (name: 'executed' | 'asked' | 'published') =>
  (flow: unknown, type: MessageType, expected?: object): Matched => {
    const recording = recordingOf(flow, name);
    const found = recording.of(type);
    const pass = found.some(({ message }) => expected === undefined || otherFields(expected, message).length === 0);
    if (pass) return { pass, message: () => textOf(() => recording.none(type)) };
    const told = textOf(() => recording.only(type, expected));
    return {
      pass,
      message: () => (found.length > 1 ? `None of these is as expected. ${told}` : told),
      actual: found.map(({ message }) => message),
      expected: expected === undefined ? [type.name] : [expected],
    };
  };

/** For `expect.extend()` of a runner whose `expect` is not global. */
export const flowMatchers = {
  toHaveExecuted: recorded('executed'),
  toHaveAsked: recorded('asked'),
  toHavePublished: recorded('published'),
  toHaveFailed(given: unknown, error?: ErrorType | ErrorMessage, text?: ErrorMessage): Matched {
    const flow = flowOf(given);
    const expected = expectedFailure(error, text);
    const errors = flow.failures.map(failure => failure.error);
    const pass = errors.some(one => isExpected(expected, one));
    const failed = errors.map(one => `  Failed with: ${failureText(one)}`);
    const heading = pass
      ? 'The flow has failed, and should not have:'
      : `The flow has ${errors.length === 0 ? 'not failed' : 'failed with another error'}. Expected: ${expectedText(expected)}`;
    return { pass, message: () => [heading, ...failed].join('\n'), actual: errors, expected: expectedText(expected) };
  },
};

function recordingOf(flow: unknown, name: 'executed' | 'asked' | 'published'): Recording {
  return flowOf(flow)[name];
}

/** A promise of a flow would match anything that is asked with `.not`. */
function flowOf(given: unknown): Flow {
  if (typeof (given as Partial<Flow> | undefined)?.tree === 'function') return given as Flow;
  const what = given instanceof Promise ? 'a promise: write await before track()' : kindOf(given);
  throw failedAssertion([`The matchers of nestjs-cqrs are for the flow that track() resolves with, not for ${what}.`]);
}

const kindOf = (given: unknown): string =>
  typeof given === 'object' && given !== null ? nameOf(given) : `a value of type ${typeof given}`;

/** The text of the failure. */
function textOf(check: () => unknown): string {
  try {
    check();
    return '';
  } catch (error) {
    return (error as Error).message;
  }
}
