import { jest } from '@jest/globals';
import { RowSender } from '../../../lib/transport/row-sender.js';
import { turns, watched } from './peer.js';

beforeEach(() => void jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask'] }));
afterEach(() => void jest.useRealTimers());

/** Numbers from 0, and what has become of their source. */
function source(length = Infinity) {
  const state = { read: 0, isReturned: false };
  const rows: AsyncIterable<number> = {
    [Symbol.asyncIterator]: () => ({
      next: () =>
        Promise.resolve(
          state.read < length ? { done: false, value: state.read++ } : { done: true, value: undefined as never },
        ),
      return: () => {
        state.isReturned = true;
        return Promise.reject(new Error('The source cannot end'));
      },
    }),
  };
  return { state, rows };
}

function sender(credit: number, rows: AsyncIterable<unknown>, write = (row: unknown): unknown => row) {
  const sent: unknown[][] = [];
  const counts: number[] = [];
  const told: string[] = [];
  const aborting = new AbortController();
  const target = {
    send: (some: readonly unknown[], from: number) => counts.push(from) && sent.push([...some]),
    alive: () => told.push('alive'),
  };
  const sending = new RowSender({ credit, alive: 100 }, target, () => told.push('gone'));
  const done = sending.send(rows, write, aborting.signal);
  return { sent, counts, told, aborting, sending, done, seen: watched(done) };
}

const numbers = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);

/** Immediates and promises, without the time going on. */
const onward = async (): Promise<void> => {
  for (let i = 0; i < 5; i++) {
    await turns();
    jest.advanceTimersByTime(0);
  }
};

describe('The sender of rows', () => {
  it('sends at the end what is left, and stops its pulse', async () => {
    const { sent, done } = sender(64, source(3).rows);
    await done;
    expect(sent).toEqual([[0, 1, 2]]);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('sends nothing of an empty source', async () => {
    const { sent, done } = sender(64, source(0).rows);
    await done;
    expect([sent, jest.getTimerCount()]).toEqual([[], 0]);
  });

  it('sends 32 rows together at most', async () => {
    const { sent, counts, sending, done } = sender(100, source(70).rows);
    await done;
    expect([counts, sending.sent]).toEqual([[0, 32, 64], 70]);
    expect(sent).toEqual([numbers(0, 32), numbers(32, 64), numbers(64, 70)]);
  });

  it('sends soon what comes alone', async () => {
    let push!: (row: number) => void;
    async function* slow() {
      for (;;) yield await new Promise<number>(resolve => (push = resolve));
    }
    const { sent } = sender(64, slow());
    await turns();
    push(1);
    await turns();
    expect(sent).toEqual([]);
    await onward();
    expect(sent).toEqual([[1]]);
    push(2);
    await onward();
    expect(sent).toEqual([[1], [2]]);
  });

  it('reads no more than the reader has asked for', async () => {
    const { state, rows } = source();
    const { sent, sending, seen } = sender(3, rows);
    await onward();
    expect([state.read, sent]).toEqual([3, [[0, 1, 2]]]);
    sending.more(3);
    sending.more(2);
    await onward();
    expect(state.read).toBe(3);
    sending.more(5);
    await onward();
    expect([state.read, sent]).toEqual([
      5,
      [
        [0, 1, 2],
        [3, 4],
      ],
    ]);
    sending.more(6);
    sending.more(7);
    await onward();
    expect([state.read, sent.flat(), seen.isSettled]).toEqual([7, numbers(0, 7), false]);
  });

  it('reads 1,024 rows ahead at most, whatever the reader asks for', async () => {
    const { state, rows } = source();
    const { sending } = sender(1, rows);
    await onward();
    sending.more(Number.MAX_SAFE_INTEGER);
    for (let i = 0; i < 100; i++) await onward();
    expect(state.read).toBe(1 + 1024);
  });

  it('reads nothing without credit, until there is some', async () => {
    const { state, rows } = source(1);
    const { sent, sending, done } = sender(0, rows);
    await onward();
    expect([state.read, sent]).toEqual([0, []]);
    sending.more(5);
    await done;
    expect(sent).toEqual([[0]]);
  });

  it('sends rows as they are written', async () => {
    const { sent, done } = sender(9, source(2).rows, row => ({ written: row }));
    await done;
    expect(sent).toEqual([[{ written: 0 }, { written: 1 }]]);
  });

  it('fails as the source does, after the rows before', async () => {
    async function* failing() {
      yield 1;
      throw new Error('The source is broken');
    }
    const { sent, done } = sender(64, failing());
    await expect(done).rejects.toThrow('The source is broken');
    expect([sent, jest.getTimerCount()]).toEqual([[[1]], 0]);
  });

  it('fails for a row that cannot be written', async () => {
    const { state, rows } = source();
    const { done } = sender(64, rows, () => {
      throw new Error('It cannot be written');
    });
    await expect(done).rejects.toThrow('It cannot be written');
    expect(state.isReturned).toBe(true);
    expect(jest.getTimerCount()).toBe(0);
  });
});

describe('The sender of rows whose reader gives up', () => {
  it('ends the source, whatever that says, while it reads', async () => {
    const { state, rows } = source();
    const { aborting, done } = sender(1000, rows);
    await turns();
    aborting.abort();
    await done;
    expect(state.isReturned).toBe(true);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('ends the source while it waits for credit', async () => {
    const { state, rows } = source();
    const { sent, aborting, done } = sender(2, rows);
    await onward();
    aborting.abort();
    await done;
    expect([state, sent]).toEqual([{ read: 2, isReturned: true }, [[0, 1]]]);
  });

  it('reads nothing where it has given up already', async () => {
    const { state, rows } = source();
    for (const credit of [0, 5]) {
      const sending = new RowSender({ credit, alive: 100 }, { send: () => fail(), alive: () => fail() }, () => fail());
      await sending.send(rows, row => row, AbortSignal.abort());
      expect(state).toEqual({ read: 0, isReturned: true });
    }
  });

  it('ends a source that cannot be ended', async () => {
    const rows = { [Symbol.asyncIterator]: () => ({ next: async () => ({ done: false, value: 1 }) }) };
    const { aborting, done } = sender(1, rows);
    await onward();
    aborting.abort();
    expect(await done).toBeUndefined();
  });
});

describe('The pulse of rows', () => {
  it('says that the source is there, until the reader has been silent four times', async () => {
    const { told, sending } = sender(1, source().rows);
    await onward();
    jest.advanceTimersByTime(99);
    expect(told).toEqual([]);
    jest.advanceTimersByTime(1);
    expect(told).toEqual(['alive']);
    jest.advanceTimersByTime(300);
    expect(told).toEqual(['alive', 'alive', 'alive', 'alive']);
    jest.advanceTimersByTime(100);
    expect(told.at(-1)).toBe('gone');
    told.length = 0;
    sending.more(0);
    jest.advanceTimersByTime(400);
    expect(told).toEqual(['alive', 'alive', 'alive', 'alive']);
  });
});

const fail = (): never => {
  throw new Error('It sends something');
};
