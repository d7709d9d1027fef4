import { jest } from '@jest/globals';
import { MemoryResults } from '../../../lib/index.js';
import type { IdempotentDispatch } from '../../../lib/extension.js';
import { pending } from '../../support/waiting.js';

const { signal } = new AbortController();

const dispatchOf = (key: string, keep = 1_000): IdempotentDispatch => ({
  name: 'Charge',
  key,
  keep,
  signal,
  transaction: undefined,
  toJSON: value => value,
  fromJSON: json => json,
});

describe('MemoryResults', () => {
  it('keeps at most its number of results: the oldest leaves, and then its work runs again', async () => {
    const results = new MemoryResults({ entries: 2 });
    const ran: string[] = [];
    const once = (key: string) => results.once(dispatchOf(key), async () => ran.push(key));
    for (const key of ['a', 'b', 'c', 'b', 'c', 'a']) await once(key);
    expect(ran).toEqual(['a', 'b', 'c', 'a']);
    expect(results.size).toBe(2);
  });

  it('gives a waiting dispatch the result of the first, also if it left at once', async () => {
    const results = new MemoryResults({ entries: 1 });
    const first = pending();
    const [work, other] = [jest.fn(() => first.promise.then(() => 1)), jest.fn(async () => 2)];
    const waiting = [1, 2, 3].map(() => results.once(dispatchOf('a'), work));
    first.finish();
    await results.once(dispatchOf('b'), other);
    expect(await Promise.all(waiting)).toEqual([1, 1, 1]);
    expect(work).toHaveBeenCalledTimes(1);
  });

  it('keeps a result for its time, whatever the clock of the system says', async () => {
    const now = jest.spyOn(performance, 'now').mockReturnValue(0);
    const results = new MemoryResults();
    const work = jest.fn(async () => undefined);
    const once = () => results.once(dispatchOf('a', 1_000), work);
    await once();
    now.mockReturnValue(999);
    await once();
    expect(work).toHaveBeenCalledTimes(1);
    now.mockReturnValue(1_000);
    await once();
    expect(work).toHaveBeenCalledTimes(2);
    now.mockRestore();
  });

  it('forgets what is too old when another result comes', async () => {
    const now = jest.spyOn(performance, 'now').mockReturnValue(0);
    const results = new MemoryResults();
    for (const key of ['a', 'b', 'c']) await results.once(dispatchOf(key), async () => key);
    await results.once(dispatchOf('long', 1e9), async () => 'long');
    now.mockReturnValue(100_000);
    await results.once(dispatchOf('d'), async () => 'd');
    expect(results.size).toBe(2);
    now.mockRestore();
  });

  it('keeps 10,000 results where it is told no number', async () => {
    const results = new MemoryResults();
    for (let i = 0; i < 10_001; i++) await results.once(dispatchOf(`${i}`, 1e9), async () => i);
    expect(results.size).toBe(10_000);
  });

  it('looks for what is too old once a minute', async () => {
    const now = jest.spyOn(performance, 'now').mockReturnValue(0);
    const results = new MemoryResults();
    const once = (key: string, keep = 1) => results.once(dispatchOf(key, keep), async () => key);
    const sizes: number[] = [];
    for (const [time, key] of [
      [0, 'a'],
      [1, 'b'],
      [59_999, 'c'],
      [60_000, 'd'],
      [60_001, 'e'],
      [120_000, 'f'],
    ] as const) {
      now.mockReturnValue(time);
      await once(key);
      sizes.push(results.size);
    }
    expect(sizes).toEqual([1, 2, 3, 1, 2, 1]);
    now.mockRestore();
  });

  it('tells names apart, and keys', async () => {
    const results = new MemoryResults();
    const work = jest.fn(async () => undefined);
    for (const [name, key] of [
      ['a', 'b'],
      ['a","b', 'b'],
      ['a', 'b","b'],
    ] as const)
      await results.once({ ...dispatchOf(key), name }, work);
    expect(work).toHaveBeenCalledTimes(3);
  });

  it.each([[{ entries: 0 }], [{ entries: 1.5 }], [{ size: 5 }], [null]])('refuses the options %j', options => {
    expect(() => new MemoryResults(options as never)).toThrow(
      expect.objectContaining({ code: 'CQRS_INVALID_OPTIONS', where: 'new MemoryResults()' }),
    );
  });
});
