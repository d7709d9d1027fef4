import { failedAssertion } from '../flow/failed-assertion.js';
import { messageTurn } from '../flow/moment.js';
import { errorText } from '../flow/words.js';
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

const RULES: readonly Rule[] = [
  {
    name: 'gives the caller the result of the handler',
    unless: ['changes results'],
    async check({ run, make }) {
      const { result, error } = await run(make(), [ANSWER]);
      if (error !== undefined) throw failed('The caller got an error', errorText(error), 'the result', error);
      if (result !== ANSWER) throw failed('The caller got another result', result, ANSWER);
    },
  },
  {
    name: 'gives the caller the error of the handler, the same object',
    unless: ['changes errors'],
    async check({ run, make }) {
      const failure = new Error('of the handler');
      const { error } = await run(make(), [failure]);
      if (error !== failure) throw failed('The caller got another error', error, failure);
    },
  },
  {
    name: 'gives the handler the message, the same object',
    unless: ['replaces messages'],
    async check({ run, make }) {
      const message = make();
      const { handled } = await run(message, [ANSWER]);
      const other = handled.find(one => one !== message);
      if (other !== undefined) throw failed('The handler got another message', other, message);
    },
  },
  {
    name: 'calls the handler once',
    unless: ['repeats'],
    async check({ run, make }) {
      const { handled } = await run(make(), [ANSWER]);
      if (handled.length !== 1) throw failed('The handler was not called once', handled.length, 1);
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
        throw failed('The caller got its result before the handler was done', order, ['handler', 'caller']);
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
      if (mixed >= 0)
        throw failed('A caller got the result of another dispatch', runs[mixed]!.result, runs[mixed]!.handled[0]);
    },
  },
];

export const middlewareChecks = (checked: Checked): readonly MiddlewareCheck[] =>
  RULES.filter(({ unless }) => !unless.some(effect => checked.effects.includes(effect))).map(({ name, check }) => ({
    name,
    run: () => check(checked),
  }));

const failed = (what: string, actual: unknown, expected: unknown, cause?: unknown) =>
  failedAssertion([`${what}.`], { actual, expected, cause });
