import {
  attemptKey,
  failureOf,
  packed,
  packedFailure,
  pauseAfter,
  retryColumns,
  seconds,
  unpacked,
  type FetchedJob,
} from '../../../../lib/integrations/pg-boss/stored-job.js';

const NO_RETRY = { limit: 0, delay: 0, backoff: false, maxDelay: 0 };

const fetched = (change: Partial<FetchedJob> = {}): FetchedJob => ({
  id: 'a',
  data: {},
  retryCount: 0,
  retryLimit: 3,
  retryDelay: 2,
  retryBackoff: false,
  createdOn: new Date(0),
  startedOn: new Date(0),
  output: null,
  ...change,
});

describe('a retry policy', () => {
  it('is stored in seconds, rounded up', () => {
    expect(retryColumns({ limit: 5, delay: 1001, backoff: true, maxDelay: 60_000 })).toEqual({
      retryLimit: 5,
      retryDelay: 2,
      retryBackoff: true,
      retryDelayMax: 60,
    });
    expect(retryColumns(NO_RETRY)).toEqual({ retryLimit: 0, retryDelay: 0, retryBackoff: false, retryDelayMax: null });
    expect(seconds(Number.MAX_VALUE)).toBe(2_147_483_647);
  });

  it('has no number that PostgreSQL cannot take', () => {
    expect(retryColumns({ limit: Infinity, delay: Infinity, backoff: true, maxDelay: 0 })).toEqual({
      retryLimit: 2 ** 31 - 1,
      retryDelay: 2 ** 31 - 1,
      retryBackoff: true,
      retryDelayMax: 1,
    });
  });

  it('of another program is taken where it can be', () => {
    const job = fetched({ retryCount: 1 });
    for (const delay of ['5', -1, NaN, undefined])
      expect(pauseAfter(job, { ...NO_RETRY, delay: delay as number })).toBe(2000);
    const tenYears = 315_360_000_000;
    expect(pauseAfter(job, { ...NO_RETRY, delay: 1e15 })).toBe(tenYears);
    const doubled = (maxDelay: unknown) =>
      pauseAfter(job, { limit: 1, delay: 1e12, backoff: true, maxDelay: maxDelay as number }, () => 1);
    expect([doubled(undefined), doubled(-1), doubled(1e15), doubled(7)]).toEqual([tenYears, tenYears, tenYears, 7]);
  });

  it('doubles at least a millisecond, and at most thirty times', () => {
    const pause = (delay: number, retryCount: number) =>
      pauseAfter(fetched({ retryCount }), { limit: 99, delay, backoff: true, maxDelay: 1e11 }, () => 1);
    expect([pause(0, 0), pause(0, 3), pause(1, 30), pause(1, 31)]).toEqual([1, 8, 2 ** 30, 2 ** 30]);
  });

  it('is kept to the millisecond', () => {
    expect(pauseAfter(fetched(), { ...NO_RETRY, delay: 1234 })).toBe(1234);
    expect(pauseAfter(fetched(), undefined)).toBe(2000);
  });

  it('doubles the delay up to the longest, and varies it', () => {
    const retry = { limit: 50, delay: 100, backoff: true, maxDelay: 5000 };
    const pauses = (random: number) =>
      [0, 1, 2, 49].map(retryCount => pauseAfter(fetched({ retryCount }), retry, () => random));
    expect(pauses(1)).toEqual([100, 200, 400, 5000]);
    expect(pauses(0)).toEqual([50, 100, 200, 5000]);
    expect(pauseAfter(fetched({ retryBackoff: true, retryCount: 1 }), undefined, () => 1)).toBe(4000);
  });
});

describe('what tells one attempt from another', () => {
  it.each([
    [new Date(1_796_001_921_123), 1_796_001_921_123],
    [1_796_001_921_123.456, 1_796_001_921_123.456],
    ['2026-11-30 01:25:21.123456+00', 1_796_001_921_123],
    ['2026-11-30 06:55:21.123+05:30', 1_796_001_921_123],
    ['2026-11-30T01:25:21.123Z', 1_796_001_921_123],
    // Depends on the time zone of the process.
    ['2026-11-30 01:25:21.123', null],
    ['yesterday', null],
    [new Date(Number.NaN), null],
    [undefined, null],
    [{}, null],
  ])('is when it began: %p', (startedOn, start) => {
    expect(attemptKey(fetched({ startedOn, retryCount: 2 }))).toEqual({ id: 'a', retryCount: 2, start });
  });
});

describe('what is stored', () => {
  it('comes back, with the id that was given', () => {
    for (const data of [{ a: 1 }, { text: 'a\0b \ud800' }, 'text', null, [1]]) {
      const json = JSON.stringify(packed({ id: 'mail-17', retry: NO_RETRY, data }));
      expect(json).not.toMatch(/(?<!\\)(\\\\)*\\u(0000|d8)/);
      for (const row of [JSON.parse(json), json])
        expect(unpacked({ id: 'uuid', data: row })).toEqual({ id: 'mail-17', data, retry: NO_RETRY });
    }
    expect(unpacked({ id: 'uuid', data: packed({ retry: NO_RETRY, data: 1 }) })).toMatchObject({ id: 'uuid' });
  });

  it('by others is left as it is', () => {
    for (const data of [null, 1, 'text', { id: 'x', data: 1 }, { retry: 1 }])
      expect(unpacked({ id: 'uuid', data })).toEqual({ id: 'uuid', data });
  });
});

describe('a failure', () => {
  it('comes back', () => {
    const failure = { name: 'Declined', message: 'no', code: 'X', fields: { a: 1 } };
    expect(failureOf(JSON.parse(packedFailure(failure)))).toEqual(failure);
    expect(failureOf(packedFailure(failure))).toEqual(failure);
    const odd = { name: 'Declined', message: 'a\0b' };
    expect(packedFailure(odd)).not.toMatch(/[^\\]\\u0000/);
    expect(failureOf(JSON.parse(packedFailure(odd)))).toEqual(odd);
  });

  it('of pg-boss itself is told', () => {
    expect(failureOf({ value: { message: 'job timed out' } })).toEqual({ name: 'Error', message: 'job timed out' });
    expect(failureOf({ value: 'stopped' })).toEqual({ name: 'Error', message: 'stopped' });
    expect(failureOf({ odd: 1 })).toEqual({ name: 'Error', message: '{"odd":1}' });
    expect(failureOf({ value: { message: 5 } })).toEqual({ name: 'Error', message: '{"message":5}' });
    expect(failureOf({ value: { value: 'x' } })).toEqual({ name: 'Error', message: '{"value":"x"}' });
    expect(failureOf({ name: 'Named' })).toEqual({ name: 'Error', message: '{"name":"Named"}' });
    expect(failureOf({ message: 'without a name' })).toEqual({ name: 'Error', message: 'without a name' });
    expect(failureOf('a text')).toEqual({ name: 'Error', message: 'a text' });
    expect(failureOf(5)).toEqual({ name: 'Error', message: '5' });
    expect(failureOf({ json: 'null' })).toBeUndefined();
    const circle: Record<string, unknown> = {};
    circle['self'] = circle;
    expect(failureOf(circle)).toEqual({ name: 'Error', message: 'what the engine has stored cannot be shown' });
    expect(failureOf(null)).toBeUndefined();
  });
});
