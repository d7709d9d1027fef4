import { Query, Command, type CqrsMiddleware, type MessageContext, type Next } from '../../../lib/index.js';
import { middlewareCase, type MiddlewareCase } from '../../../lib/testing/index.js';
import { quietLog } from '../../support/quiet-log.js';
import { steady } from '../../support/golden.js';
import { rejectionOf } from './failures-of.js';

beforeEach(() => void quietLog());

class Ship extends Command<string> {}
class GetPrice extends Query<number> {}

class Audit implements CqrsMiddleware {
  readonly log: string[] = [];

  async intercept(message: object, next: Next): Promise<unknown> {
    try {
      const result: unknown = await next(message);
      this.log.push(`${message.constructor.name}: done`);
      return result;
    } catch (error) {
      this.log.push(`${message.constructor.name}: ${(error as Error).message}`);
      throw error;
    }
  }
}

const retry = (message: object, next: Next) => next(message).catch(() => next(message));

describe('the case of a middleware that lets everything pass', () => {
  const audit = new Audit();
  const auditing = middlewareCase(audit);

  it.each(auditing.checks)('$name', ({ run }) => expect(run()).resolves.toBeUndefined());

  it('runs messages of one test', async () => {
    audit.log.length = 0;
    const closed = new Error('closed');
    expect(await auditing.run(new Ship(), ['parcel 7'])).toMatchObject({ result: 'parcel 7', error: undefined });
    expect(await auditing.run(new GetPrice(), [closed])).toMatchObject({ result: undefined, error: closed });
    expect(audit.log).toEqual(['Ship: done', 'GetPrice: closed']);
  });
});

describe('the case of a middleware that repeats', () => {
  const retrying = middlewareCase(retry, { message: () => new Ship(), effects: ['repeats', 'changes errors'] });

  it.each(retrying.checks)('$name', ({ run }) => expect(run()).resolves.toBeUndefined());

  it('gives one answer after another, and the context', async () => {
    const message = new Ship();
    const run = await retrying.run(message, [new Error('busy'), 'parcel 7'], { headers: { tenant: 'acme' } });
    expect(run).toMatchObject({ result: 'parcel 7', handled: [message, message] });
    expect(run.context?.headers).toMatchObject({ tenant: 'acme' });
    const attempts: number[] = [];
    const numbered = (_message: object, context: MessageContext) => {
      attempts.push(context.attempt);
      if (context.attempt === 1) throw new Error('busy');
      return 'done';
    };
    expect((await retrying.run(message, numbered)).result).toBe('done');
    expect(attempts).toEqual([1, 2]);
  });
});

describe('the checks fail a middleware that', () => {
  const faulty: [string, Parameters<typeof middlewareCase>[0], string, string][] = [
    [
      'returns nothing',
      async (message, next) => {
        await next(message);
        return null;
      },
      'gives the caller the result of the handler',
      `The handler returned { answer: 'of the handler' }, and the caller got null.
  Where it does so on purpose: middlewareCase(…, { effects: ['changes results'] }).`,
    ],
    [
      'forgets to return',
      (async (message: object, next: Next) => {
        await next(message);
      }) as never,
      'gives the caller the result of the handler',
      `The handler returned { answer: 'of the handler' }, and the caller got undefined.
  A middleware must return what next() resolves with: return next(message).
  Where it does so on purpose: middlewareCase(…, { effects: ['changes results'] }).`,
    ],
    [
      'answers itself',
      async () => 'cached',
      'gives the caller the error of the handler, the same object',
      `The handler failed with Error: of the handler, and the caller got the result 'cached'.
  Where it does so on purpose: middlewareCase(…, { effects: ['changes errors'] }).`,
    ],
    [
      'does not call the handler',
      async () => 'cached',
      'calls the handler once',
      `The handler was not called.
  Where it does so on purpose: middlewareCase(…, { effects: ['repeats'] }).`,
    ],
    [
      'wraps errors',
      (message, next) =>
        next(message).catch((cause: unknown) => {
          throw new Error('wrapped', { cause });
        }),
      'gives the caller the error of the handler, the same object',
      `The handler failed with Error: of the handler, and the caller got Error: wrapped (middleware-case.spec.ts:N).
  Where it does so on purpose: middlewareCase(…, { effects: ['changes errors'] }).`,
    ],
    [
      'fails',
      () => Promise.reject(new Error('no')),
      'gives the caller the result of the handler',
      `The handler returned { answer: 'of the handler' }, and the caller got an error: Error: no (middleware-case.spec.ts:N)`,
    ],
    [
      'copies messages',
      (message, next) => next(Object.assign(new Ship(), message)),
      'gives the handler the message, the same object',
      `The handler got another Ship {} than was sent: next() must be given the message itself.
  Where it does so on purpose: middlewareCase(…, { effects: ['replaces messages'] }).`,
    ],
    [
      'retries',
      (message, next) => next(message).then(() => next(message)),
      'calls the handler once',
      `The handler was called 2 times for one message.
  Where it does so on purpose: middlewareCase(…, { effects: ['repeats'] }).`,
    ],
    [
      'does not wait',
      (message, next) => {
        void next(message);
        return {};
      },
      'waits for the handler',
      'The caller got its result before the handler was done: next() must be returned or awaited.',
    ],
    [
      'keeps the last result',
      ((): ((message: object, next: Next) => Promise<unknown>) => {
        let last: unknown;
        return async (message, next) => {
          last = await next(message);
          await new Promise(resolve => setImmediate(resolve));
          await new Promise(resolve => setImmediate(resolve));
          return last;
        };
      })() as never,
      'keeps dispatches that run at a time apart',
      `Of 8 dispatches at a time, the caller of dispatch 2 got the result of dispatch 1.
  A middleware serves all dispatches: what it keeps of one belongs into a local variable, not into a field.`,
    ],
  ];

  it.each(faulty)('%s', async (_what, middleware, rule, text) => {
    const { checks } = middlewareCase(middleware, { message: () => new Ship() }) as MiddlewareCase;
    const error = await rejectionOf(checks.find(({ name }) => name === rule)!.run());
    expect(steady(error.message)).toBe(text);
  });

  it('does so on purpose, are left out', () => {
    const { checks } = middlewareCase(retry, { effects: ['repeats'] });
    expect(checks.map(({ name }) => name)).toEqual([
      'gives the caller the result of the handler',
      'gives the caller the error of the handler, the same object',
      'gives the handler the message, the same object',
    ]);
  });
});
