import { inspect } from 'node:util';
import { failedAssertion } from '../flow/failed-assertion.js';
import { messageTurn } from '../flow/moment.js';
import { errorText, failureText, indented } from '../flow/words.js';
import type { MiddlewareEffect, RunThrough } from './middleware-run.js';

/** One rule that a middleware keeps to. */
export interface MiddlewareCheck {
  readonly name: string;
  /** @throws (rejects) AssertionError */
  run(): Promise<void>;
}

interface Checked {
  readonly run: RunThrough;
  /** Makes a message that it wraps. */
  readonly make: () => object;
  readonly effects: readonly MiddlewareEffect[];
}

interface Rule {
  readonly name: string;
  /** A middleware that does one of these on purpose is not checked. */
  readonly unless: readonly MiddlewareEffect[];
  check(checked: Checked): Promise<void>;
}

const ANSWER = Object.freeze({ answer: 'of the handler' });

const onPurpose = (effect: MiddlewareEffect): string =>
  `Where it does so on purpose: middlewareCase(…, { effects: ['${effect}'] }).`;

const RULES: readonly Rule[] = [
  {
    name: 'gives the caller the result of the handler',
    unless: ['changes results'],
    async check({ run, make }) {
      const { result, error } = await run(make(), [ANSWER]);
      const returned = `The handler returned ${shown(ANSWER)}`;
      if (error !== undefined)
        throw failed(
          [`${returned}, and the caller got an error: ${failureText(error)}`],
          errorText(error),
          ANSWER,
          error,
        );
      if (result === ANSWER) return;
      const hint =
        result === undefined ? 'A middleware must return what next() resolves with: return next(message).' : '';
      throw failed(
        [`${returned}, and the caller got ${shown(result)}.`, hint, onPurpose('changes results')],
        result,
        ANSWER,
      );
    },
  },
  {
    name: 'gives the caller the error of the handler, the same object',
    unless: ['changes errors'],
    async check({ run, make }) {
      const failure = new Error('of the handler');
      const { error, result } = await run(make(), [failure]);
      if (error === failure) return;
      const got = error === undefined ? `the result ${shown(result)}` : failureText(error);
      throw failed(
        [`The handler failed with ${errorText(failure)}, and the caller got ${got}.`, onPurpose('changes errors')],
        error,
        failure,
      );
    },
  },
  {
    name: 'gives the handler the message, the same object',
    unless: ['replaces messages'],
    async check({ run, make }) {
      const message = make();
      const { handled } = await run(message, [ANSWER]);
      const other = handled.find(one => one !== message);
      if (other === undefined) return;
      const got = other.constructor === message.constructor ? `another ${shown(other)} than was sent` : shown(other);
      throw failed(
        [`The handler got ${got}: next() must be given the message itself.`, onPurpose('replaces messages')],
        other,
        message,
      );
    },
  },
  {
    name: 'calls the handler once',
    unless: ['repeats'],
    async check({ run, make }) {
      const { handled, error } = await run(make(), [ANSWER]);
      const { length } = handled;
      if (length === 1) return;
      const because = error === undefined ? '' : ` The caller got an error: ${failureText(error)}`;
      const what = length === 0 ? `was not called.${because}` : `was called ${length} times for one message.`;
      throw failed([`The handler ${what}`, onPurpose('repeats')], length, 1, error);
    },
  },
  {
    name: 'waits for the handler',
    unless: ['repeats'],
    async check({ run, make }) {
      const order: string[] = [];
      const handler = async () => {
        await messageTurn();
        order.push('handler');
      };
      await run(make(), handler);
      order.push('caller');
      if (order.join() !== 'handler,caller')
        throw failed(
          ['The caller got its result before the handler was done: next() must be returned or awaited.'],
          order,
          ['handler', 'caller'],
        );
    },
  },
  {
    name: 'keeps dispatches that run at a time apart',
    unless: ['repeats', 'changes results'],
    async check({ run, make }) {
      const messages = Array.from({ length: 8 }, () => make());
      let running = messages.length;
      const echo = async (message: object) => {
        // The last to arrive is done first.
        for (let turns = running--; turns > 0; turns--) await messageTurn();
        return message;
      };
      const runs = await Promise.all(messages.map(message => run(message, echo)));
      const mixed = runs.findIndex(({ result, handled }) => result !== handled[0]);
      if (mixed < 0) return;
      const { result, handled } = runs[mixed]!;
      const other = runs.findIndex(one => result !== undefined && one.handled[0] === result);
      const got = other < 0 ? shown(result) : `the result of dispatch ${other + 1}`;
      throw failed(
        [
          `Of ${messages.length} dispatches at a time, the caller of dispatch ${mixed + 1} got ${got}.`,
          'A middleware serves all dispatches: what it keeps of one belongs into a local variable, not into a field.',
        ],
        result,
        handled[0],
      );
    },
  },
];

export const middlewareChecks = (checked: Checked): readonly MiddlewareCheck[] =>
  RULES.filter(({ unless }) => !unless.some(effect => checked.effects.includes(effect))).map(({ name, check }) => ({
    name,
    run: () => check(checked),
  }));

const shown = (value: unknown): string => inspect(value, { depth: 2, breakLength: Infinity, maxStringLength: 100 });

function failed(lines: readonly string[], actual: unknown, expected: unknown, cause?: unknown): Error {
  const [what = '', ...more] = lines.filter(line => line !== '');
  return failedAssertion([what, ...indented(more)], { actual, expected, cause });
}
