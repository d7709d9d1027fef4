import { AsyncLocalStorage } from 'node:async_hooks';
import { getEventListeners } from 'node:events';
import { jest } from '@jest/globals';
import {
  BrokenCircuitError,
  bulkhead,
  BulkheadRejectedError,
  circuitBreaker,
  ConsecutiveBreaker,
  ConstantBackoff,
  handleAll,
  handleType,
  handleWhen,
  handleWhenResult,
  noop,
  retry,
  TaskCancelledError,
  timeout,
  TimeoutStrategy,
  wrap,
} from 'cockatiel';
import { Injectable } from '@nestjs/common';
import {
  Command,
  CommandBus,
  CommandHandler,
  CqrsModule,
  DispatchTimeoutException,
  Durable,
  EventBus,
  expose,
  Message,
  MessageContext,
  route,
  timeLimit,
  UseMiddleware,
  type MiddlewareFunction,
} from 'nestjs-cqrs';
import { resilience, type ResilienceOptions, type ResiliencePolicy } from 'nestjs-cqrs/resilience';
import { MemoryRemote, MemoryTransport } from 'nestjs-cqrs/testing';
import { start } from '../../support/application.js';
import { pending, quiet, until } from '../../support/waiting.js';

class Work extends Command<unknown> {
  constructor(readonly name = 'work') {
    super();
  }
}
class Inner extends Command<unknown> {}
class Done {}

type Handle = (message: Work, context: MessageContext) => unknown;

const busWith = (middleware: MiddlewareFunction | readonly MiddlewareFunction[], handle: Handle): CommandBus => {
  const bus = new CommandBus({ middleware: [middleware].flat() });
  bus.register(Work, handle);
  return bus;
};

const failure = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  );

const aborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));

/** Long enough that a test that waits for it fails. */
const LONG = 60_000;
const thrice = retry(handleAll, { maxAttempts: 2, backoff: new ConstantBackoff(0) });
const slowly = retry(handleAll, { maxAttempts: 2, backoff: new ConstantBackoff(300) });
const soon = timeout(20, TimeoutStrategy.Aggressive);

describe('resilience() with a retry', () => {
  it('runs inner layers again; the context counts attempts, identifiers stay', async () => {
    const seen: unknown[] = [];
    const bus = busWith(resilience(thrice), (_message, { attempt, messageId }) => {
      seen.push([attempt, messageId]);
      if (attempt < 3) throw new Error('not yet');
      return 'done';
    });
    expect(await bus.execute(new Work(), { messageId: 'm' })).toBe('done');
    expect(seen).toEqual([1, 2, 3].map(attempt => [attempt, 'm']));
  });

  it('rejects with the error of the last attempt, unchanged', async () => {
    const bus = busWith(resilience(thrice), (_message, { attempt }) => {
      throw new RangeError(`attempt ${attempt}`);
    });
    expect(await failure(bus.execute(new Work()))).toEqual(new RangeError('attempt 3'));
  });

  it('does not retry what its policy does not handle', async () => {
    const policy = retry(
      handleWhen(error => error instanceof RangeError),
      { maxAttempts: 5, backoff: new ConstantBackoff(0) },
    );
    let runs = 0;
    const bus = busWith(resilience(policy), () => {
      runs++;
      throw new TypeError('hopeless');
    });
    expect(await failure(bus.execute(new Work()))).toBeInstanceOf(TypeError);
    expect(runs).toBe(1);
  });

  it('begins no attempt when the caller has left during one', async () => {
    const caller = new AbortController();
    let runs = 0;
    const bus = busWith(resilience(thrice), () => {
      runs++;
      caller.abort(new Error('left'));
      throw new Error('failed');
    });
    expect(await failure(bus.execute(new Work(), { signal: caller.signal }))).toEqual(new Error('failed'));
    expect(runs).toBe(1);
  });

  it('ends a pause when the caller leaves, with the error of the last attempt', async () => {
    const caller = new AbortController();
    let runs = 0;
    const pause = new ConstantBackoff(LONG);
    const policy = retry(handleAll, { maxAttempts: 2, backoff: pause }).dangerouslyUnref();
    const bus = busWith(resilience(policy), () => {
      runs++;
      throw new Error('failed');
    });
    const failed = failure(bus.execute(new Work(), { signal: caller.signal }));
    await quiet();
    caller.abort();
    expect(await failed).toEqual(new Error('failed'));
    expect(runs).toBe(1);
  });

  it('gives the result of the last attempt if the caller leaves in a pause after one', async () => {
    const caller = new AbortController();
    const policy = retry(
      handleWhenResult(result => result === 'pending'),
      { maxAttempts: 2, backoff: new ConstantBackoff(LONG) },
    ).dangerouslyUnref();
    const bus = busWith(resilience(policy), () => 'pending');
    const result = bus.execute(new Work(), { signal: caller.signal });
    await quiet();
    caller.abort();
    expect(await result).toBe('pending');
  });

  it('runs nothing for a caller that has left before', async () => {
    let runs = 0;
    const bus = busWith(resilience(noop), () => runs++);
    const signal = AbortSignal.abort(new Error('left'));
    expect(await failure(bus.execute(new Work(), { signal }))).toEqual(new Error('left'));
    expect(runs).toBe(0);
  });

  it('begins no attempt after the time limit of the dispatch', async () => {
    let runs = 0;
    const bus = busWith(resilience(slowly), () => {
      runs++;
      throw new Error('failed');
    });
    const error = await failure(bus.dispatch(new Work(), { timeout: 100 }));
    expect(error).toMatchObject({ code: 'CQRS_TIMEOUT', timeout: 100 });
    await new Promise(resolve => setTimeout(resolve, 400));
    expect(runs).toBe(1);
  });

  it('begins no attempt after it, though the timer of the limit has not run', async () => {
    const atOnce: ResiliencePolicy = { execute: (run, signal) => run({ signal }).catch(() => run({ signal })) };
    let runs = 0;
    const bus = busWith(resilience(atOnce), () => {
      runs++;
      const start = performance.now();
      while (performance.now() - start < 120);
      throw new Error('failed');
    });
    expect(await failure(bus.dispatch(new Work(), { timeout: 100 }))).toEqual(new Error('failed'));
    expect(runs).toBe(1);
  });

  it('keeps no listener of a policy where nothing limits the dispatch', async () => {
    const given: AbortSignal[] = [];
    const listening: ResiliencePolicy = {
      execute: (run, signal) => {
        given.push(signal);
        signal.addEventListener('abort', () => undefined);
        return run({ signal });
      },
    };
    const bus = busWith(resilience(listening), () => 'done');
    for (let i = 0; i < 20; i++) await bus.execute(new Work());
    expect(given.flatMap(signal => getEventListeners(signal, 'abort'))).toEqual([]);
    expect(new Set(given.map(({ aborted }) => aborted))).toEqual(new Set([false]));
  });

  it('gives one signal to a thousand dispatches that nothing limits, then another', async () => {
    const given: AbortSignal[] = [];
    const bus = busWith(resilience({ execute: (run, signal) => (given.push(signal), run({ signal })) }), () => 'done');
    for (let i = 0; i < 2_500; i++) await bus.execute(new Work());
    const changes = given.flatMap((signal, i) => (i > 0 && signal !== given[i - 1] ? [i] : []));
    expect(changes[1]! - changes[0]!).toBe(1_000);
  });

  it('listens once to a signal that many dispatches share', async () => {
    const warnings: Error[] = [];
    const warned = (warning: Error) => void warnings.push(warning);
    process.on('warning', warned);
    const { promise, finish } = pending();
    const bus = busWith(resilience(wrap(thrice, timeout(LONG, TimeoutStrategy.Aggressive))), () => promise);
    const { signal } = new AbortController();
    const all = Promise.all(Array.from({ length: 30 }, () => bus.execute(new Work(), { signal })));
    await quiet();
    finish();
    await all;
    process.off('warning', warned);
    expect(warnings).toEqual([]);
  });
});

describe('resilience() with a time-out', () => {
  it('rejects with DispatchTimeoutException, which names the limit and has the error of cockatiel as its cause', async () => {
    const bus = busWith(resilience(soon), () => new Promise(() => undefined));
    const error = (await failure(bus.execute(new Work()))) as DispatchTimeoutException;
    expect(error).toBeInstanceOf(DispatchTimeoutException);
    expect(error).toMatchObject({ code: 'CQRS_TIMEOUT', messageName: 'Work', timeout: 20 });
    expect(error.message).toContain('the 20 ms of the policy of resilience() for "Work" ran out');
    expect(error.cause).toBeInstanceOf(TaskCancelledError);
  });

  it('tells the time that has passed where the policy does not say its own', async () => {
    let now = 100;
    const clock = jest.spyOn(performance, 'now').mockImplementation(() => now);
    const cancelled = Object.assign(new Error('cancelled'), { isTaskCancelledError: true });
    const execute = async () => {
      now += 30.4;
      throw cancelled;
    };
    const error = await failure(busWith(resilience({ execute }), () => 'done').execute(new Work()));
    clock.mockRestore();
    expect(error).toMatchObject({ code: 'CQRS_TIMEOUT', timeout: 30, cause: cancelled });
  });

  it('aborts the signal of the handler and of dispatches within', async () => {
    const bus = busWith(resilience(soon), (_message, context) => bus.execute(new Inner(), { context }));
    let inner: AbortSignal | undefined;
    bus.register(Inner, (_message, { signal }) => aborted((inner = signal)));
    expect(await failure(bus.execute(new Work()))).toBeInstanceOf(DispatchTimeoutException);
    expect(inner?.reason).toBeInstanceOf(DispatchTimeoutException);
  });

  it('aborts them also where limits and policies of their own surround them', async () => {
    const seen: AbortSignal[] = [];
    const long = resilience(timeout(LONG, TimeoutStrategy.Aggressive));
    for (const within of [long, timeLimit(LONG, 'the test')])
      for (const options of [{}, { timeout: 2 * LONG }]) {
        const inner = new CommandBus({ middleware: [within] });
        inner.register(Inner, (_message, { signal }) => (seen.push(signal), aborted(signal)));
        const outer = busWith(resilience(soon), (_message, context) => inner.execute(new Inner(), { context }));
        expect(await failure(outer.execute(new Work(), options))).toBeInstanceOf(DispatchTimeoutException);
      }
    expect(seen.map(({ reason }) => reason as unknown)).toEqual(seen.map(() => expect.any(DispatchTimeoutException)));
    expect(seen).toHaveLength(4);
  });

  it('leaves the limit of the dispatch in place for dispatches within', async () => {
    const long = resilience(timeout(LONG, TimeoutStrategy.Aggressive));
    const inner = new CommandBus({ middleware: [long] });
    let seen: AbortSignal | undefined;
    inner.register(Inner, (_message, { signal }) => aborted((seen = signal)));
    const outer = busWith(long, (_message, context) => inner.execute(new Inner(), { context }));
    expect(await failure(outer.execute(new Work(), { timeout: 20 }))).toMatchObject({ timeout: 20 });
    await quiet();
    expect(seen?.reason).toMatchObject({ code: 'CQRS_TIMEOUT', timeout: 20 });
  });

  it('leaves the signal of the handler alone once it has answered', async () => {
    let seen: AbortSignal | undefined;
    const bus = busWith(resilience(soon), (_message, { signal }) => ((seen = signal), 'done'));
    expect(await bus.execute(new Work())).toBe('done');
    expect(seen?.aborted).toBe(false);
  });

  it('gives each attempt a signal of its own', async () => {
    const seen: AbortSignal[] = [];
    const bus = busWith(resilience(wrap(thrice, soon)), (_message, { signal, attempt }) => {
      seen.push(signal);
      return attempt < 3 ? aborted(signal) : 'done';
    });
    expect(await bus.execute(new Work())).toBe('done');
    expect(seen.map(signal => signal.aborted)).toEqual([true, true, false]);
  });

  it('around a retry, lets no other attempt begin', async () => {
    let runs = 0;
    const policy = wrap(soon, retry(handleAll, { backoff: new ConstantBackoff(30) }));
    const bus = busWith(resilience(policy), () => {
      runs++;
      throw new Error('failed');
    });
    expect(await failure(bus.execute(new Work()))).toBeInstanceOf(DispatchTimeoutException);
    await new Promise(resolve => setTimeout(resolve, 60));
    expect(runs).toBe(1);
  });

  it('that is cooperative aborts the signal, and waits for the handler', async () => {
    const policy = timeout(20, TimeoutStrategy.Cooperative);
    const bus = busWith(resilience(policy), ({ name }, { signal }) =>
      name === 'late' ? aborted(signal).catch(() => 'late') : aborted(signal),
    );
    expect(await failure(bus.execute(new Work()))).toBeInstanceOf(DispatchTimeoutException);
    expect(await bus.execute(new Work('late'))).toBe('late');
  });

  it('rejects with the reason of the caller if the caller leaves first', async () => {
    const caller = new AbortController();
    let seen: AbortSignal | undefined;
    const bus = busWith(
      resilience(timeout(LONG, TimeoutStrategy.Aggressive)),
      (_message, { signal }) => ((seen = signal), new Promise(() => undefined)),
    );
    const failed = failure(bus.execute(new Work(), { signal: caller.signal }));
    await quiet();
    caller.abort(new Error('left'));
    expect(await failed).toEqual(new Error('left'));
    expect(seen?.reason).toEqual(new Error('left'));
  });

  it('leaves a TaskCancelledError of the handler as it is', async () => {
    const own = new TaskCancelledError('of the handler');
    const bus = busWith(resilience(soon), () => Promise.reject(own));
    expect(await failure(bus.execute(new Work()))).toBe(own);
  });
});

describe('resilience() with a breaker or a bulkhead', () => {
  it('rejects with the BrokenCircuitError of cockatiel, and runs nothing', async () => {
    let runs = 0;
    const policy = circuitBreaker(handleAll, { halfOpenAfter: LONG, breaker: new ConsecutiveBreaker(2) });
    const bus = busWith(resilience(policy), () => {
      runs++;
      throw new Error('down');
    });
    for (let i = 0; i < 2; i++) expect(await failure(bus.execute(new Work()))).toEqual(new Error('down'));
    expect(await failure(bus.execute(new Work()))).toBeInstanceOf(BrokenCircuitError);
    expect(runs).toBe(2);
  });

  it('shares it among all that are given the same policy', async () => {
    const policy = bulkhead(1);
    @UseMiddleware(resilience(policy))
    class First {}
    @UseMiddleware(resilience(policy))
    class Second {}
    const { promise, finish } = pending();
    const bus = new CommandBus();
    bus.register(First, () => promise);
    bus.register(Second, () => 'second');
    const first = bus.execute(new First());
    expect(await failure(bus.execute(new Second()))).toBeInstanceOf(BulkheadRejectedError);
    finish();
    await first;
    expect(await bus.execute(new Second())).toBe('second');
  });

  it('keeps the asynchronous context of a dispatch that has waited in a bulkhead', async () => {
    const storage = new AsyncLocalStorage<string>();
    const seen: unknown[] = [];
    const { promise, finish } = pending();
    const bus = busWith(resilience(bulkhead(1, 5)), async ({ name }) => {
      seen.push([name, storage.getStore()]);
      if (name === 'a') await promise;
    });
    const all = ['a', 'b', 'c'].map(name => storage.run(name, () => bus.execute(new Work(name))));
    finish();
    await Promise.all(all);
    expect(seen).toEqual([
      ['a', 'a'],
      ['b', 'b'],
      ['c', 'c'],
    ]);
  });

  it('lets those go on that wait behind a caller that has left', async () => {
    const caller = new AbortController();
    const { promise, finish } = pending();
    const ran: string[] = [];
    const bus = busWith(resilience(bulkhead(1, 5)), async ({ name }) => {
      ran.push(name);
      if (name === 'a') await promise;
    });
    const first = bus.execute(new Work('a'));
    const left = failure(bus.execute(new Work('b'), { signal: caller.signal }));
    const last = bus.execute(new Work('c'));
    await quiet();
    caller.abort(new Error('left'));
    expect(await left).toEqual(new Error('left'));
    finish();
    await Promise.all([first, last]);
    expect(ran).toEqual(['a', 'c']);
  });
});

describe('the places of resilience()', () => {
  /** Sends a command to another application and stores one; tells at which of the two ends the policy ran. */
  async function ran(options?: ResilienceOptions): Promise<string[]> {
    const calls: string[] = [];
    let where = '';
    const policy: ResiliencePolicy = {
      execute: (run, signal) => (calls.push(where), run({ signal })),
    };
    @Durable()
    @Message({ name: `places.${places++}` })
    @UseMiddleware(resilience(policy, options))
    class Placed extends Command<void> {}
    @Injectable()
    class Placing {
      @CommandHandler(Placed)
      handle() {}
    }
    const remote = new MemoryRemote('other');
    const transport = new MemoryTransport();
    const server = await start({
      imports: [CqrsModule.forRoot({ expose: [expose(Placed).on(remote.server())], durable: { transport } })],
      providers: [Placing],
    });
    const client = await start({ imports: [CqrsModule.forRoot({ routes: [route(Placed).to(remote.transport())] })] });
    where = 'remote';
    await client.commands.execute(new Placed());
    where = 'stored';
    await server.commands.enqueue(new Placed());
    where = 'delivered';
    await transport.settled();
    where = 'local';
    await server.commands.execute(new Placed());
    await client.app.close();
    await server.app.close();
    return calls;
  }
  let places = 0;

  it('are where the handler is called, unless others are named', async () => {
    expect(await ran()).toEqual(['remote', 'delivered', 'local']);
    expect(await ran({ at: 'handle' })).toEqual(['remote', 'delivered', 'local']);
  });

  it('may be where a message leaves, where it is stored, or several', async () => {
    expect(await ran({ at: 'store' })).toEqual(['stored']);
    expect(await ran({ at: ['send', 'store'] })).toEqual(['remote', 'stored', 'delivered', 'local']);
    expect(await ran({ at: ['handle', 'send'] })).toEqual(['remote', 'remote', 'delivered', 'local']);
  });
});

describe('resilience()', () => {
  it('leaves results of synchronous handlers as they are', async () => {
    const bus = busWith(resilience(noop), ({ name }) => (name === 'none' ? undefined : name.length));
    expect(await bus.execute(new Work())).toBe(4);
    expect(await bus.execute(new Work('none'))).toBeUndefined();
  });

  it('concerns each handler of an event by itself', async () => {
    const runs: string[] = [];
    const bus = new EventBus({ middleware: [resilience(thrice)] });
    bus.register(Done, (_event, { attempt }) => {
      runs.push(`first ${attempt}`);
      if (attempt < 3) throw new Error('not yet');
    });
    bus.register(Done, (_event, { attempt }) => void runs.push(`second ${attempt}`));
    await bus.publish(new Done(), { onError: 'throw' });
    await until(() => runs.length === 4);
    expect(runs.toSorted()).toEqual(['first 1', 'first 2', 'first 3', 'second 1']);
  });

  it('takes a policy that gives no signal, or fails at once', async () => {
    const plain: ResiliencePolicy = { execute: run => run(undefined as never) };
    expect(await busWith(resilience(plain), () => 'done').execute(new Work())).toBe('done');
    const broken: ResiliencePolicy = {
      execute() {
        throw new RangeError('broken');
      },
    };
    expect(await failure(busWith(resilience(broken), () => 'done').execute(new Work()))).toBeInstanceOf(RangeError);
  });

  it('stands within another of its kind', async () => {
    const policy = wrap(
      retry(handleType(DispatchTimeoutException), { maxAttempts: 1, backoff: new ConstantBackoff(0) }),
    );
    const bus = busWith([resilience(policy), resilience(soon)], (_message, { attempt, signal }) =>
      attempt === 1 ? aborted(signal) : 'done',
    );
    expect(await bus.execute(new Work())).toBe('done');
  });

  it.each<[string, unknown, unknown]>([
    ['The policy has no function "execute"', handleAll, undefined],
    ['The policy has no function "execute"', undefined, undefined],
    ['The policy has no function "execute"', () => undefined, undefined],
    ['The option "on" is not known', noop, { on: 'send' }],
    ['The options must be an object', noop, null],
    ['The options must be an object', noop, 'send'],
    [`The option "at" must be 'handle', 'send' or 'store', or a list of these, not "sent"`, noop, { at: 'sent' }],
    ['The option "at" must be', noop, { at: [] }],
    ['The option "at" must be', noop, { at: ['handle', 'sent'] }],
  ])('refuses at once: %s (%#)', (said, policy, options) => {
    const call = () => resilience(policy as ResiliencePolicy, options as ResilienceOptions);
    expect(call).toThrow(expect.objectContaining({ code: 'CQRS_INVALID_OPTIONS', where: 'resilience()' }));
    expect(call).toThrow(said);
  });
});
