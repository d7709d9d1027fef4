import { jest } from '@jest/globals';
import { Observable, Subject, concat, of, throwError, timer } from 'rxjs';
import {
  AsyncContext,
  MessageContext,
  NotAStreamException,
  QueryBus,
  StreamQuery,
  type RowSource,
} from '../../../lib/index.js';
import { quiet } from '../../support/waiting.js';

class Rows extends StreamQuery<number> {}

/** Runs after everything that is ready to run. */

async function readAll<T>(rows: AsyncIterable<T>): Promise<T[]> {
  const read: T[] = [];
  for await (const row of rows) read.push(row);
  return read;
}

function busWith(handler: (query: Rows, context: MessageContext) => unknown): QueryBus {
  const bus = new QueryBus();
  bus.register(Rows, handler as () => RowSource<number>);
  return bus;
}

async function* counting(ended?: () => void): AsyncGenerator<number> {
  try {
    for (let i = 1; ; i++) {
      await Promise.resolve();
      yield i;
    }
  } finally {
    ended?.();
  }
}

describe('stream() reads', () => {
  it.each<[string, () => unknown]>([
    [
      'an async generator',
      async function* () {
        yield 1;
        yield 2;
      },
    ],
    [
      'a generator',
      function* () {
        yield 1;
        yield 2;
      },
    ],
    ['an array', () => [1, 2]],
    ['a set', () => new Set([1, 2])],
    ['promises in an array', () => [Promise.resolve(1), Promise.resolve(2)]],
    ['a promise of an array', async () => [1, 2]],
    ['a promise of an Observable', async () => of(1, 2)],
    ['an Observable that emits at once', () => of(1, 2)],
    [
      'an Observable that emits later',
      () =>
        concat(timer(1), timer(1)).pipe(
          source =>
            new Observable<number>(s => {
              let n = 0;
              return source.subscribe({ next: () => s.next(++n), complete: () => s.complete() });
            }),
        ),
    ],
  ])('the rows of %s', async (_, handler) => {
    expect(await readAll(busWith(handler).stream(new Rows()))).toEqual([1, 2]);
  });

  it.each<[string, () => unknown]>([
    ['an async generator', async function* () {}],
    ['an empty array', () => []],
    ['an empty Observable', () => of()],
  ])('nothing from %s', async (_, handler) => {
    expect(await readAll(busWith(handler).stream(new Rows()))).toEqual([]);
  });

  it('undefined and null as rows', async () => {
    expect(await readAll(busWith(() => of(undefined, null)).stream(new Rows()))).toEqual([undefined, null]);
  });

  it('rows that came before the reader asked for them, in order', async () => {
    const subject = new Subject<number>();
    const rows = busWith(() => subject).stream(new Rows());
    const first = rows.next();
    await quiet();
    for (const n of [1, 2, 3]) subject.next(n);
    subject.complete();
    expect([(await first).value, ...(await readAll(rows))]).toEqual([1, 2, 3]);
  });

  it('once: a second reader finds it at its end', async () => {
    const rows = busWith(() => [1, 2]).stream(new Rows());
    await readAll(rows);
    expect(await readAll(rows)).toEqual([]);
  });
});

describe('the handler of a stream', () => {
  it('is not called before the first row is asked for', async () => {
    const handler = jest.fn(() => [1]);
    const rows = busWith(handler).stream(new Rows());
    await quiet();
    expect(handler).not.toHaveBeenCalled();
    await rows.next();
    expect(handler).toHaveBeenCalledTimes(1);
  });

  it('is never called if the stream is not read', async () => {
    const handler = jest.fn(() => [1]);
    const rows = busWith(handler).stream(new Rows());
    await rows.return!();
    await quiet();
    expect(handler).not.toHaveBeenCalled();
  });

  it('rejects, and the reader gets that error', async () => {
    const error = new Error('no rows');
    await expect(readAll(busWith(() => Promise.reject(error)).stream(new Rows()))).rejects.toBe(error);
  });

  it('throws, and the reader gets that error when it reads', async () => {
    const error = new Error('no rows');
    const rows = busWith(() => {
      throw error;
    }).stream(new Rows());
    await expect(readAll(rows)).rejects.toBe(error);
  });

  it.each([undefined, null, 42, 'text', {}, new Date(0)])('cannot return %p, which has no rows', async answer => {
    await expect(readAll(busWith(() => answer).stream(new Rows()))).rejects.toBeInstanceOf(NotAStreamException);
  });

  it('is missing: the reader is told', async () => {
    await expect(readAll(new QueryBus().stream(new Rows()))).rejects.toMatchObject({ code: 'CQRS_HANDLER_NOT_FOUND' });
  });

  it('is wrapped by middleware as for any query', async () => {
    const bus = new QueryBus({ middleware: [async (message, next) => [0, ...((await next(message)) as number[])]] });
    bus.register(Rows, () => [1]);
    expect(await readAll(bus.stream(new Rows()))).toEqual([0, 1]);
  });
});

describe('an error of the source', () => {
  it.each<[string, (error: Error) => unknown]>([
    [
      'an async generator',
      async function* (error) {
        yield 1;
        throw error;
      },
    ],
    [
      'a generator',
      function* (error) {
        yield 1;
        throw error;
      },
    ],
    [
      'an Observable',
      error =>
        concat(
          of(1),
          throwError(() => error),
        ),
    ],
    ['a rejected promise among the rows', error => [1, Promise.reject(error)]],
  ])('in %s reaches the reader after the rows before it', async (_, source) => {
    const error = new Error('broken');
    const rows = busWith(() => source(error)).stream(new Rows());
    expect(await rows.next()).toEqual({ value: 1, done: false });
    await expect(rows.next()).rejects.toBe(error);
    expect(await rows.next()).toEqual({ value: undefined, done: true });
  });

  it('is not followed by an attempt to end the source', async () => {
    const error = new Error('broken');
    const end = jest.fn(() => Promise.reject(new Error('ended twice')));
    const source = { [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(error), return: end }) };
    await expect(readAll(busWith(() => source).stream(new Rows()))).rejects.toBe(error);
    expect(end).not.toHaveBeenCalled();
  });

  it('is not made by a source that has come to its end by itself', async () => {
    const end = jest.fn();
    const source = { [Symbol.asyncIterator]: () => ({ next: async () => ({ done: true }), return: end }) };
    expect(await readAll(busWith(() => source).stream(new Rows()))).toEqual([]);
    expect(end).not.toHaveBeenCalled();
  });
});

describe('break', () => {
  it('ends an async generator: its finally has run', async () => {
    const ended = jest.fn();
    for await (const row of busWith(() => counting(ended)).stream(new Rows())) if (row === 2) break;
    expect(ended).toHaveBeenCalledTimes(1);
  });

  it('ends a generator', async () => {
    const ended = jest.fn();
    const source = function* () {
      try {
        yield 1;
        yield 2;
      } finally {
        ended();
      }
    };
    for await (const row of busWith(source).stream(new Rows())) if (row === 1) break;
    expect(ended).toHaveBeenCalledTimes(1);
  });

  it('unsubscribes from an Observable', async () => {
    const ended = jest.fn();
    const source = new Observable<number>(subscriber => {
      subscriber.next(1);
      return ended;
    });
    for await (const row of busWith(() => source).stream(new Rows())) if (row === 1) break;
    expect(ended).toHaveBeenCalledTimes(1);
  });

  it('aborts the signal that the handler was given', async () => {
    let signal: AbortSignal | undefined;
    const bus = busWith((_, context) => {
      signal = context.signal;
      return counting();
    });
    for await (const row of bus.stream(new Rows())) {
      expect(signal!.aborted).toBe(false);
      if (row === 1) break;
    }
    expect(signal!.aborted).toBe(true);
  });

  it('passes on what the source throws while it ends', async () => {
    const error = new Error('cannot end');
    const source = async function* () {
      try {
        yield 1;
      } finally {
        throw error; // eslint-disable-line no-unsafe-finally -- what is tested
      }
    };
    const reading = async () => {
      for await (const row of busWith(source).stream(new Rows())) if (row === 1) break;
    };
    await expect(reading()).rejects.toBe(error);
  });
});

describe('an aborted signal', () => {
  const reason = new Error('gone');
  // Jest fails the test during which a rejection reaches the process.
  afterEach(quiet);

  it('ends the reading before it began: its reason is thrown, the handler not called', async () => {
    const handler = jest.fn(() => [1]);
    const rows = busWith(handler).stream(new Rows(), { signal: AbortSignal.abort(reason) });
    await expect(rows.next()).rejects.toBe(reason);
    expect(handler).not.toHaveBeenCalled();
  });

  it('ends the reading while the handler works, and what it returns too late is ended', async () => {
    const controller = new AbortController();
    let answer: (source: unknown) => void;
    const rows = busWith(() => new Promise(resolve => (answer = resolve))).stream(new Rows(), {
      signal: controller.signal,
    });
    const first = rows.next();
    await quiet();
    controller.abort(reason);
    await expect(first).rejects.toBe(reason);
    const end = jest.fn();
    answer!({ [Symbol.asyncIterator]: () => ({ next: async () => ({ done: true }), return: end }) });
    await quiet();
    expect(end).toHaveBeenCalledTimes(1);
  });

  it('ends the reading while the handler works; its later failure is ignored', async () => {
    const controller = new AbortController();
    let fail: (error: Error) => void;
    const rows = busWith(() => new Promise((_, reject) => (fail = reject))).stream(new Rows(), {
      signal: controller.signal,
    });
    const first = rows.next();
    await quiet();
    controller.abort(reason);
    await expect(first).rejects.toBe(reason);
    fail!(new Error('late'));
    await quiet();
  });

  it.each<[string, (ended: () => void) => unknown]>([
    [
      'an async generator',
      async function* (ended) {
        try {
          yield 1;
          await new Promise(() => undefined);
        } finally {
          ended();
        }
      },
    ],
    [
      'an Observable',
      ended =>
        new Observable<number>(subscriber => {
          subscriber.next(1);
          return ended;
        }),
    ],
  ])('ends the reading while it waits for the next row of %s', async (_, source) => {
    const controller = new AbortController();
    const rows = busWith(() => source(() => undefined)).stream(new Rows(), { signal: controller.signal });
    expect((await rows.next()).value).toBe(1);
    const next = rows.next();
    await quiet();
    controller.abort(reason);
    await expect(next).rejects.toBe(reason);
    expect(await rows.next()).toEqual({ value: undefined, done: true });
  });

  it('unsubscribes from an Observable that never emits again', async () => {
    const [controller, ended] = [new AbortController(), jest.fn()];
    const source = new Observable<number>(() => ended);
    const first = busWith(() => source)
      .stream(new Rows(), { signal: controller.signal })
      .next();
    await quiet();
    controller.abort(reason);
    await expect(first).rejects.toBe(reason);
    await quiet();
    expect(ended).toHaveBeenCalledTimes(1);
  });

  it('ends the reading between two rows, and the source', async () => {
    const [controller, ended] = [new AbortController(), jest.fn()];
    const rows = busWith(() => counting(ended)).stream(new Rows(), { signal: controller.signal });
    await rows.next();
    controller.abort(reason);
    await expect(rows.next()).rejects.toBe(reason);
    await quiet();
    expect(ended).toHaveBeenCalledTimes(1);
  });

  it('requests no further row from the source', async () => {
    const controller = new AbortController();
    const next = jest
      .fn<() => Promise<IteratorResult<number>>>()
      .mockResolvedValueOnce({ value: 1, done: false })
      .mockRejectedValue(new Error('closed'));
    const source = { [Symbol.asyncIterator]: () => ({ next }) };
    const rows = busWith(() => source).stream(new Rows(), { signal: controller.signal });
    await rows.next();
    controller.abort(reason);
    await expect(rows.next()).rejects.toBe(reason);
    expect(next).toHaveBeenCalledTimes(1);
  });

  it('throws its reason although the source fails to end', async () => {
    const controller = new AbortController();
    const source = {
      [Symbol.iterator]: () => ({
        next: () => ({ value: 1, done: false }),
        return: () => {
          throw new Error('cannot end');
        },
      }),
    };
    const rows = busWith(() => source).stream(new Rows(), { signal: controller.signal });
    await rows.next();
    controller.abort(reason);
    await expect(rows.next()).rejects.toBe(reason);
  });

  it('is also the one of the dispatch that causes the reading', async () => {
    const controller = new AbortController();
    const context = new MessageContext('command', Rows, { name: 'x' }, { signal: controller.signal });
    const rows = busWith(() => new Promise(() => undefined)).stream(new Rows(), { context });
    const first = rows.next();
    await quiet();
    controller.abort(reason);
    await expect(first).rejects.toBe(reason);
  });

  it('leaves no listener behind', async () => {
    const { signal } = new AbortController();
    const [add, remove] = [jest.spyOn(signal, 'addEventListener'), jest.spyOn(signal, 'removeEventListener')];
    await readAll(busWith(() => [1, 2, 3]).stream(new Rows(), { signal }));
    expect(add).toHaveBeenCalled();
    expect(remove).toHaveBeenCalledTimes(add.mock.calls.length);
  });
});

describe('the options of stream()', () => {
  it('reaches the handler: headers, identifiers, cause', async () => {
    const cause = new MessageContext('command', Rows, { name: 'x' }, { headers: { tenant: 'a' } });
    const seen: unknown[] = [];
    const bus = busWith((_, context) => {
      seen.push(context.headers, context.messageId, context.causationId);
      return [1];
    });
    await readAll(bus.stream(new Rows(), { context: cause, headers: { trace: 't' }, messageId: 'm' }));
    expect(seen).toEqual([{ tenant: 'a', trace: 't' }, 'm', cause.messageId]);
  });

  it('can be an AsyncContext, as for ask()', async () => {
    const scope = new AsyncContext();
    const seen: unknown[] = [];
    const bus = busWith((_, context) => {
      seen.push(context.scope);
      return [1];
    });
    await readAll(bus.stream(new Rows(), scope));
    expect(seen).toEqual([scope]);
  });

  it('is, where nothing is said, the dispatch that stream() was called in', async () => {
    const cause = new MessageContext('command', Rows, { name: 'x' });
    const seen: unknown[] = [];
    const bus = busWith((_, context) => {
      seen.push(context.parent);
      return [1];
    });
    const rows = cause.run(() => bus.stream(new Rows()));
    await readAll(rows);
    expect(seen).toEqual([cause]);
  });
});
