import { jest } from '@jest/globals';
import {
  CommandBus,
  DispatchTimeoutException,
  EventBus,
  MessageContext,
  timeLimit,
  Timeout,
  UseMiddleware,
  type MiddlewareFunction,
} from '../../../lib/index.js';

class Work {}
class Inner {}

const never = (signal?: AbortSignal) =>
  new Promise<void>((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason as Error)));

const failure = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  );

beforeEach(() => void jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask'] }));
afterEach(() => void jest.useRealTimers());

describe('A time limit', () => {
  it('given to a dispatch ends it, aborts the signal and names what ran out', async () => {
    const bus = new CommandBus();
    let seen: AbortSignal | undefined;
    bus.register(Work, (_message, { signal }) => ((seen = signal), never()));
    const failed = failure(bus.dispatch(new Work(), { timeout: 50 }));
    await jest.advanceTimersByTimeAsync(49);
    expect(seen!.aborted).toBe(false);
    await jest.advanceTimersByTimeAsync(1);
    const error = (await failed) as DispatchTimeoutException;
    expect(error).toBeInstanceOf(DispatchTimeoutException);
    expect(error).toMatchObject({ code: 'CQRS_TIMEOUT', messageName: 'Work', timeout: 50 });
    expect(error.message).toContain('the 50 ms of the timeout option of the dispatch of "Work" ran out');
    expect(seen!.reason).toBe(error);
  });

  it('holds for a handler that does not ask for the context', async () => {
    const bus = new CommandBus();
    bus.register(Work, () => never());
    const failed = failure(bus.dispatch(new Work(), { timeout: 50 }));
    await jest.advanceTimersByTimeAsync(50);
    expect(await failed).toBeInstanceOf(DispatchTimeoutException);
  });

  it('is told by the context as a point in time', async () => {
    const bus = new CommandBus();
    bus.register(Work, (_message, { deadline, remaining }) => [deadline, remaining]);
    jest.setSystemTime(5_000);
    const [deadline, remaining] = await bus.execute<object, [Date, number]>(new Work(), { timeout: 500 });
    expect(remaining).toBeGreaterThan(0);
    expect(deadline.getTime()).toBeGreaterThan(5_000);
    expect(deadline.getTime()).toBeLessThanOrEqual(5_500);
    expect(await bus.execute(new Work(), { correlationId: 'c' })).toEqual([undefined, Infinity]);
  });

  it('changes nothing for a dispatch that is in time, and leaves no timer', async () => {
    const bus = new CommandBus();
    bus.register(Work, async () => 'done');
    expect(await bus.execute(new Work(), { timeout: 50 })).toBe('done');
    expect(jest.getTimerCount()).toBe(0);
  });

  it('leaves no timer where the handler fails, and lets the error through', async () => {
    const bus = new CommandBus();
    bus.register(Work, () => {
      throw new Error('broken');
    });
    expect(await failure(bus.execute(new Work(), { timeout: 50 }))).toEqual(new Error('broken'));
    expect(jest.getTimerCount()).toBe(0);
  });

  it('of a message class is that of every dispatch, also of subclasses', async () => {
    @Timeout(20)
    class Limited {}
    class Sub extends Limited {}
    const bus = new CommandBus();
    bus.register(Limited, () => never());
    const failed = failure(bus.dispatch(new Sub()));
    await jest.advanceTimersByTimeAsync(20);
    expect(((await failed) as Error).message).toContain('the 20 ms of @Timeout for "Sub" ran out');
  });

  it('shrinks through nested dispatches: the nearest end counts, and the error says whose it was', async () => {
    const bus = new CommandBus();
    const inner: unknown[] = [];
    let left = 0;
    bus.register(Work, async (_message, context: MessageContext) => {
      await new Promise(resolve => setTimeout(resolve, 30));
      inner.push(await failure(bus.dispatch(new Inner(), { context, timeout: 1000 })));
    });
    bus.register(Inner, (_message, context: MessageContext) => {
      left = context.remaining;
      return never();
    });
    const failed = failure(bus.dispatch(new Work(), { timeout: 50 }));
    await jest.advanceTimersByTimeAsync(50);
    expect(left).toBeGreaterThan(0);
    expect(left).toBeLessThanOrEqual(20);
    expect(await failed).toMatchObject({ messageName: 'Work', timeout: 50 });
    expect(inner).toEqual([expect.objectContaining({ messageName: 'Inner', timeout: 50 })]);
    expect((inner[0] as Error).message).toContain('of the dispatch of "Work" ran out');
  });

  it('aborts the signal of nested dispatches that have none of their own', async () => {
    const bus = new CommandBus();
    let reason: unknown;
    bus.register(Work, (_message, context) => bus.dispatch(new Inner(), { context }));
    bus.register(Inner, (_message, { signal }) => never(signal).catch((error: unknown) => (reason = error)));
    const failed = failure(bus.dispatch(new Work(), { timeout: 50 }));
    await jest.advanceTimersByTimeAsync(50);
    expect(reason).toBe(await failed);
  });

  it('that has run out refuses a nested dispatch with a limit before its handler runs', async () => {
    const bus = new CommandBus();
    const ran: string[] = [];
    const late: unknown[] = [];
    bus.register(Work, async (_message, context) => {
      await never(context.signal).catch(() => undefined);
      late.push(await failure(bus.dispatch(new Inner(), { context, timeout: 1000 })));
    });
    bus.register(Inner, () => void ran.push('inner'));
    const failed = failure(bus.dispatch(new Work(), { timeout: 50 }));
    await jest.advanceTimersByTimeAsync(50);
    await failed;
    expect(late).toEqual([expect.objectContaining({ code: 'CQRS_TIMEOUT', messageName: 'Inner', timeout: 50 })]);
    expect(ran).toEqual([]);
  });

  it('keeps the signal of the caller', async () => {
    const bus = new CommandBus();
    const caller = new AbortController();
    let reason: unknown;
    bus.register(Work, (_message, { signal }) => never(signal).catch((error: unknown) => (reason = error)));
    const done = bus.dispatch(new Work(), { timeout: 50, signal: caller.signal });
    caller.abort(new Error('gone'));
    await done;
    expect(reason).toEqual(new Error('gone'));
  });

  it('begins anew for each attempt of a retry that lies outside of it', async () => {
    const retry: MiddlewareFunction = (message, next) => next(message).catch(() => next(message));
    const signals: AbortSignal[] = [];
    @UseMiddleware(retry)
    @Timeout(20)
    class Flaky {}
    const bus = new CommandBus();
    bus.register(Flaky, async (_message, { signal, attempt }) => {
      signals.push(signal);
      if (attempt === 1) await never();
      return attempt;
    });
    const result = bus.execute(new Flaky());
    await jest.advanceTimersByTimeAsync(20);
    expect(await result).toBe(2);
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, false]);
  });

  it('of the caller is the end of all attempts', async () => {
    const retry: MiddlewareFunction = (message, next) => next(message).catch(() => next(message));
    const bus = new CommandBus({ middleware: [retry] });
    let attempts = 0;
    bus.register(Work, async (_message, { signal }) => {
      attempts += 1;
      await new Promise((_, reject) => setTimeout(() => reject(new Error('broken')), 40));
      signal.throwIfAborted();
    });
    const failed = failure(bus.execute(new Work(), { timeout: 50 }));
    await jest.advanceTimersByTimeAsync(100);
    expect(await failed).toBeInstanceOf(DispatchTimeoutException);
    expect(attempts).toBe(2);
  });

  it('aborts a signal that is first read after the time is up', async () => {
    const bus = new CommandBus();
    let late: MessageContext | undefined;
    bus.register(Work, (_message, context) => ((late = context), never()));
    const failed = failure(bus.dispatch(new Work(), { timeout: 50 }));
    await jest.advanceTimersByTimeAsync(50);
    expect(late!.signal.reason).toBe(await failed);
  });

  it('of a published event is that of each handler', async () => {
    const bus = new EventBus();
    const done: string[] = [];
    bus.register(Work, () => never());
    bus.register(Work, async () => void done.push('quick'));
    const outcome = bus.publish(new Work(), { timeout: 50, onError: 'collect' });
    await jest.advanceTimersByTimeAsync(50);
    expect((await outcome).failures.map(({ error }) => error)).toEqual([expect.any(DispatchTimeoutException)]);
    expect(done).toEqual(['quick']);
  });

  it('may be longer than a timer can wait, or endless', async () => {
    const bus = new CommandBus();
    let release: () => void = () => undefined;
    bus.register(Work, () => new Promise<void>(resolve => (release = resolve)));
    const both = [bus.dispatch(new Work(), { timeout: Infinity })];
    await jest.advanceTimersByTimeAsync(10_000);
    release();
    expect(await Promise.all(both)).toEqual([undefined]);
  });

  it.each([0, -1, NaN, '5' as never])('that is not a positive number is refused: %p', async timeout => {
    const bus = new CommandBus();
    bus.register(Work, () => undefined);
    expect(await failure(bus.dispatch(new Work(), { timeout }))).toMatchObject({ code: 'CQRS_INVALID_TIMEOUT' });
    expect(() => Timeout(timeout)).toThrow(expect.objectContaining({ code: 'CQRS_INVALID_TIMEOUT' }));
  });

  it('is given back when its attempt has ended, so that a retry outside of it waits on a live signal', async () => {
    const signals: boolean[] = [];
    const retrying: MiddlewareFunction = async (message, next, context) => {
      const first = await failure(next(message));
      signals.push(context.signal.aborted);
      expect(first).toBeInstanceOf(DispatchTimeoutException);
      return next(message);
    };
    const bus = new CommandBus({ middleware: [retrying, timeLimit(20, 'the test'), timeLimit(50, 'the test')] });
    const runs: AbortSignal[] = [];
    bus.register(Work, (_message, { signal }) => (runs.push(signal) === 1 ? never() : 'done'));
    const result = bus.execute(new Work());
    await jest.advanceTimersByTimeAsync(20);
    expect(await result).toBe('done');
    expect(signals).toEqual([false]);
    expect(runs.map(({ aborted }) => aborted)).toEqual([true, false]);
    await jest.advanceTimersByTimeAsync(100);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('is that of a middleware outside of a nearer limit again once what that limits has ended', async () => {
    const seen: [remaining: number, isLimitOfSignalOver: boolean][] = [];
    const outside: MiddlewareFunction = async (message, next, context) => {
      const { remaining } = context;
      const result = await next(message);
      expect(context.remaining).toBe(remaining);
      seen.push([remaining, context.signal.aborted]);
      return result;
    };
    const bus = new CommandBus({ middleware: [timeLimit(500, 'the test'), outside, timeLimit(20, 'the test')] });
    const inner: number[] = [];
    bus.register(Work, (_message, { remaining }) => inner.push(remaining));
    await bus.dispatch(new Work());
    expect(inner[0]).toBeLessThanOrEqual(20);
    expect(seen[0]![0]).toBeGreaterThan(20);
    expect(seen).toEqual([[expect.any(Number), false]]);
  });

  it('leaves no timer where what it limits throws at once, or returns a promise whose then() throws', async () => {
    const hostile = Object.assign(Promise.resolve('never told'), {
      then: () => {
        throw new Error('then');
      },
    });
    for (const next of [() => hostile, () => Promise.reject(new Error('then'))]) {
      const context = new MessageContext('command', Work, { name: 'Handler' });
      const limited = Promise.resolve(timeLimit(20, 'the test')(new Work(), next, context));
      expect(await failure(limited)).toEqual(new Error('then'));
      expect([jest.getTimerCount(), context.remaining]).toEqual([0, Infinity]);
    }
  });
});
