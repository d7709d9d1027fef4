import { jest } from '@jest/globals';
import * as fc from 'fast-check';
import { MessageContext, type CqrsMiddleware, type MiddlewareFunction, type Next } from '../../../lib/index.js';
import { compose, type Composed } from '../../../lib/pipeline/compose.js';
import { propagateContext } from '../../../lib/pipeline/propagate-context.js';
import { refuseSideEffects } from '../../../lib/pipeline/refuse-side-effects.js';
import { settled } from '../../../lib/pipeline/settled.js';

class Ping {}
class Count {}

const message = new Ping();
const contextOf = (parent?: MessageContext) =>
  new MessageContext('command', Ping, { name: 'PingHandler' }, { context: parent });
const handlerOf = (run: Composed['run'], usesContext = false): Composed => ({ run, usesContext });
const answering = (result: unknown) => handlerOf(async () => result);

describe('compose', () => {
  it('is the handler alone without middleware', () => {
    const handler = answering('done');
    expect(compose([], handler)).toBe(handler);
  });

  it('puts the first middleware outermost, for any list of them', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ name: fc.string(), form: fc.constantFrom('function', 'class') })),
        async list => {
          const trace: string[] = [];
          const around =
            (name: string): MiddlewareFunction =>
            async (given, next) => {
              trace.push(`+${name}`);
              const result = (await next(given)) as string;
              trace.push(`-${name}`);
              return `${name}(${result})`;
            };
          const middleware = list.map(({ name, form }) =>
            form === 'function' ? around(name) : { intercept: around(name) },
          );
          const result = await compose(middleware, answering('handled')).run(message);
          const names = list.map(({ name }) => name);
          expect(result).toBe(names.reduceRight((inner, name) => `${name}(${inner})`, 'handled'));
          expect(trace).toEqual([...names.map(name => `+${name}`), ...names.toReversed().map(name => `-${name}`)]);
        },
      ),
    );
  });

  it('can be run any number of times at once', async () => {
    const step = compose(
      [async (given, next) => [given, await next(given)]],
      handlerOf(async given => given),
    );
    const messages = [new Ping(), new Ping(), new Ping()];
    expect(await Promise.all(messages.map(each => step.run(each)))).toEqual(messages.map(each => [each, each]));
  });

  it('takes nothing that stands beside the message in next() for a context', async () => {
    const seen: unknown[][] = [];
    const step = compose(
      [(given, next) => Promise.all([given, given].map(next as (each: object, i: number) => Promise<unknown>))],
      handlerOf(async (given, context) => seen.push([given, context])),
    );
    await step.run(message);
    expect(seen).toEqual([
      [message, undefined],
      [message, undefined],
    ]);
  });

  it('makes a rejection of what a plain function throws, and a promise of what it returns', async () => {
    const error = new Error('thrown');
    const throwing = compose(
      [
        () => {
          throw error;
        },
      ],
      answering(1),
    );
    await expect(throwing.run(message)).rejects.toBe(error);
    expect(compose([() => 42], answering(1)).run(message)).toBeInstanceOf(Promise);
    expect(await compose([() => 42], answering(1)).run(message)).toBe(42);
  });

  it('gives middleware a next() that always returns a promise', async () => {
    const returned: unknown[] = [];
    const look: MiddlewareFunction = (given, next) => {
      const result = next(given);
      returned.push(result);
      return result;
    };
    const plain = handlerOf(settled(() => 'sync'));
    expect(await compose([look, look, () => 'answer'], plain).run(message)).toBe('answer');
    expect(await compose([look], plain).run(message)).toBe('sync');
    expect(returned.every(result => result instanceof Promise)).toBe(true);
  });

  it('passes the context to functions that declare it, and knows if one does', async () => {
    const seen: unknown[] = [];
    const reading: MiddlewareFunction = (given, next, context) => (seen.push(context), next(given));
    const passing: MiddlewareFunction = (given, next) => next(given);
    expect(compose([passing], answering(1)).usesContext).toBe(false);
    expect(
      compose(
        [passing],
        handlerOf(async () => 1, true),
      ).usesContext,
    ).toBe(true);
    const step = compose([passing, reading, passing, { intercept: reading }], answering(1));
    expect(step.usesContext).toBe(true);
    const context = contextOf();
    await step.run(message, context);
    expect(seen).toEqual([context, context]);
  });

  it('hands the context through middleware that do not read it to the handler', async () => {
    const seen: unknown[] = [];
    const passing: MiddlewareFunction = (given, next) => next(given);
    const handler = handlerOf(async (_, given) => seen.push(given), true);
    const context = contextOf();
    await compose([passing, { intercept: passing }], handler).run(message, context);
    expect(seen).toEqual([context]);
  });

  it('calls a middleware that does not declare the context without it, although others read it', async () => {
    const mock = jest.fn((given: object, next: Next) => next(given));
    const object = { intercept: jest.fn((given: object, next: Next) => next(given)) };
    const reading: MiddlewareFunction = (given, next, _context) => next(given);
    await compose([reading, mock, object], answering(1)).run(message, contextOf());
    expect(mock.mock.calls[0]).toHaveLength(2);
    expect(object.intercept.mock.calls[0]).toHaveLength(2);
  });

  it('calls a class through its instance, so that a spy put on it later is seen', async () => {
    class Timing implements CqrsMiddleware {
      intercept(given: object, next: Next) {
        return next(given);
      }
    }
    const timing = new Timing();
    const step = compose([timing], answering('handled'));
    const spy = jest.spyOn(timing, 'intercept').mockImplementation(async () => 'spied');
    expect(await step.run(message)).toBe('spied');
    spy.mockRestore();
    expect(await step.run(message)).toBe('handled');
    const onPrototype = jest.spyOn(Timing.prototype, 'intercept');
    await step.run(message);
    expect(onPrototype).toHaveBeenCalledWith(message, expect.any(Function));
    expect(onPrototype.mock.contexts[0]).toBe(timing);
  });
});

describe('settled', () => {
  it('returns the promise of the function itself', () => {
    const promise = Promise.resolve(1);
    expect(settled(() => promise)(message)).toBe(promise);
  });

  it('follows a thenable', async () => {
    const thenable = { then: (resolve: (value: string) => void) => resolve('followed') };
    expect(await settled(() => thenable)(message)).toBe('followed');
  });
});

describe('propagateContext', () => {
  it('lets what lies further in find its context', async () => {
    const context = contextOf();
    const step = compose(
      [propagateContext],
      handlerOf(async () => MessageContext.current()),
    );
    expect(await step.run(message, context)).toBe(context);
  });
});

describe('refuseSideEffects', () => {
  const step = compose([refuseSideEffects], answering('done'));

  it('refuses what a query handler sends, naming both and the handler', async () => {
    const query = new MessageContext('query', Count, { name: 'CountHandler' });
    await expect(step.run(message, contextOf(query))).rejects.toMatchObject({
      code: 'CQRS_QUERY_SIDE_EFFECT',
      where: 'CountHandler',
      what: 'The query "Count" sent the command "Ping"; a query changes no state.',
    });
  });

  it('allows a send from a command and one without a sender', async () => {
    expect(await step.run(message, contextOf())).toBe('done');
    expect(await step.run(message, contextOf(contextOf()))).toBe('done');
  });
});
