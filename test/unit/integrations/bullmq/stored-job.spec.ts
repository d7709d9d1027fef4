import { jest } from '@jest/globals';
import { UnrecoverableError, type Job as BullJob } from 'bullmq';
import type { Job } from 'nestjs-cqrs/extension';
import {
  attemptsOf,
  backoffStrategy,
  dataOf,
  delayOf,
  failureError,
  lastFailureOf,
  mostAttemptsOf,
  nextDelay,
  retryOptions,
} from '../../../../lib/integrations/bullmq/stored-job.js';

const retry = { limit: 3, delay: 1000, backoff: false, maxDelay: 60_000 };
const job: Job = { id: '1', queue: 'q', data: { kind: 'event', envelope: {}, enqueuedAt: 0 }, retry };
const error = { name: 'CardDeclined', message: 'no', code: 'CARD' };

/** A job of BullMQ that has what is given. */
const stored = (fields: Partial<BullJob>): BullJob =>
  ({ attemptsMade: 0, stalledCounter: 0, stacktrace: [], opts: {}, ...fields }) as BullJob;

describe('a retry policy in BullMQ', () => {
  it('is tried once more than its limit, after a fixed delay', () => {
    expect(retryOptions(retry)).toEqual({ attempts: 4, backoff: { type: 'fixed', delay: 1000 }, stackTraceLimit: 1 });
    expect(retryOptions({ ...retry, limit: 0, delay: 0 })).toEqual({ attempts: 1, stackTraceLimit: 1 });
    expect(retryOptions({ ...retry, delay: 0.5 }).backoff).toEqual({ type: 'fixed', delay: 1 });
    expect(retryOptions({ ...retry, limit: Infinity, delay: Infinity })).toEqual({
      attempts: 2 ** 31,
      backoff: { type: 'fixed', delay: 2 ** 40 },
      stackTraceLimit: 1,
    });
  });

  it('doubles its delay under backoff, up to the longest, and varies it by half', () => {
    const policy = { ...retry, backoff: true, maxDelay: 3000 };
    expect(retryOptions(policy).backoff).toEqual({ type: 'cqrs', delay: 1000 });
    for (const [failures, longest] of [
      [1, 1000],
      [2, 2000],
      [3, 3000],
      [2000, 3000],
    ] as const) {
      const delays = Array.from({ length: 200 }, () => nextDelay(policy, failures));
      expect(Math.min(...delays)).toBeGreaterThanOrEqual(longest / 2);
      expect(Math.max(...delays)).toBeLessThanOrEqual(longest);
      expect(new Set(delays).size).toBeGreaterThan(1);
    }
  });

  it.each([
    [0, 1000, 3, 2000],
    [0.5, 1000, 3, 3000],
    [0, 1000, 1, 500],
    [0.001, 5, 1, 3],
    [0, -1, 9, 0],
  ])('varies the delay by the number %d of chance, of %d and %d failures', (chance, delay, failures, expected) => {
    const random = jest.spyOn(Math, 'random').mockReturnValue(chance);
    const maxDelay = delay < 0 ? -1 : 60_000;
    expect(nextDelay({ ...retry, delay: Math.abs(delay), maxDelay }, failures)).toBe(expected);
    random.mockRestore();
  });

  it('has no delay that BullMQ cannot take', () => {
    const random = jest.spyOn(Math, 'random').mockReturnValue(0);
    expect(nextDelay({ ...retry, maxDelay: Infinity }, 90)).toBe(2 ** 39);
    random.mockRestore();
  });

  it('is read from the job', () => {
    const policy = { ...retry, backoff: true };
    const delay = backoffStrategy(1, 'cqrs', undefined, stored({ data: { data: {}, retry: policy } }));
    expect(delay).toBeGreaterThanOrEqual(500);
    expect(backoffStrategy(1, 'cqrs', undefined, stored({ data: {} }))).toBe(0);
  });
});

describe('the delay of a job in BullMQ', () => {
  it.each<[Partial<Job>, number]>([
    [{}, 0],
    [{ delay: 10.2 }, 11],
    [{ delay: -5 }, 0],
    [{ at: new Date(5500) }, 500],
    [{ at: new Date(100) }, 0],
    [{ delay: Infinity }, 2 ** 40],
  ])('of %p is %d', (change, delay) => {
    expect(delayOf({ ...job, ...change }, 5000)).toBe(delay);
  });
});

it.each<Partial<Job>>([{ at: new Date(NaN) }, { delay: NaN }])(
  'BullMQ refuses a time that is not valid: %p',
  change => {
    expect(() => delayOf({ ...job, ...change }, 5000)).toThrow(TypeError);
  },
);

describe('a failure in BullMQ', () => {
  it('shows its message, and keeps the rest where a stack is', () => {
    const thrown = failureError({ isDone: false, error, isDead: false });
    expect([thrown.message, thrown instanceof UnrecoverableError]).toEqual(['CardDeclined: no', false]);
    expect(lastFailureOf(stored({ stacktrace: [thrown.stack!], attemptsMade: 1 }))).toEqual(error);
  });

  it('that is dead cannot be tried again', () => {
    expect(failureError({ isDone: false, error, isDead: true })).toBeInstanceOf(UnrecoverableError);
  });

  it.each<[Partial<BullJob>, unknown]>([
    [{}, undefined],
    [{ stacktrace: undefined as never }, undefined],
    // Redriven.
    [{ stacktrace: [JSON.stringify(error)], attemptsMade: 0 }, undefined],
    [
      { stacktrace: ['Error: x\n at y'], failedReason: 'x', attemptsMade: 1 },
      { name: 'Error', message: 'x' },
    ],
    ...['{"name":"x"}', '{"message":"x"}', 'null', '[]'].map((text): [Partial<BullJob>, unknown] => [
      { stacktrace: [text], failedReason: 'y', attemptsMade: 1 },
      { name: 'Error', message: 'y' },
    ]),
    [
      { stacktrace: ['7'], failedReason: 'x', attemptsMade: 1 },
      { name: 'Error', message: 'x' },
    ],
  ])('of %p is %p', (fields, failure) => {
    expect(lastFailureOf(stored(fields))).toEqual(failure);
  });
});

describe('a job of BullMQ', () => {
  it('has one attempt more for each worker that it has lost', () => {
    const lost = stored({ attemptsMade: 1, stalledCounter: 2, opts: { attempts: 4 } });
    expect([attemptsOf(lost), mostAttemptsOf(lost)]).toEqual([3, 6]);
    expect(mostAttemptsOf(stored({ opts: { attempts: 0 } }))).toBe(1);
  });

  it('of another program has its data as they are', () => {
    const given = [{ data: 1, retry }, 'x', null, { other: 1 }];
    expect(given.map(data => dataOf(stored({ data })))).toEqual([1, 'x', null, { other: 1 }]);
  });
});
