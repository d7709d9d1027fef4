import { EventEmitter } from 'node:events';
import { jest } from '@jest/globals';
import type { Delivery, Outcome } from 'nestjs-cqrs/extension';
import { Outage } from '../../../../lib/integrations/bullmq/outage.js';
import { pending, quiet } from '../../../support/waiting.js';
import { dead, DONE, failed } from '../../../e2e/durable/durable-runs.js';
import { FakeClient } from './fake-client.js';

type Process = (job: FakeJob, token: string) => Promise<unknown>;

class WaitingError extends Error {}
class UnrecoverableError extends Error {}

class FakeJob {
  readonly attemptsMade = 0;
  readonly stalledCounter = 0;
  readonly stacktrace: string[] = [];
  readonly opts = { attempts: 2 };
  readonly data = { data: 'message', retry: {} };
  readonly processedOn = Date.now();
  readonly log: unknown[] = [];
  /** What Redis answers when the lock is extended. */
  lock = 1;

  constructor(readonly id = 'm-a') {}

  async moveToWait(token: string): Promise<void> {
    this.log.push(['moveToWait', token]);
  }

  async extendLock(token: string, duration: number): Promise<number> {
    this.log.push(['extendLock', token, duration]);
    return this.lock;
  }
}

/** In place of BullMQ's: the test gives it jobs. */
class FakeWorker extends EventEmitter {
  static made: FakeWorker;
  readonly log: unknown[] = [];
  closing: (isForced?: boolean) => Promise<unknown> = async () => undefined;
  readonly disconnected = jest.fn();

  constructor(
    readonly name: string,
    readonly process: Process,
    readonly options: Record<string, unknown>,
  ) {
    super();
    FakeWorker.made = this;
  }

  async waitUntilReady(): Promise<void> {
    this.log.push('ready');
  }

  async pause(doNotWait: boolean): Promise<void> {
    this.log.push(['pause', doNotWait]);
  }

  close(isForced?: boolean): Promise<unknown> {
    this.log.push(['close', isForced]);
    return this.closing(isForced);
  }

  getBackend() {
    return { blockingClient: Promise.resolve({ disconnect: this.disconnected }) };
  }

  processJob(job: FakeJob): Promise<unknown> {
    return this.process(job, 'token');
  }

  createJob(fields: { data: string }, id: string): unknown {
    return { id, data: JSON.parse(fields.data) as unknown };
  }
}

jest.unstable_mockModule('bullmq', () => ({ Worker: FakeWorker, WaitingError, UnrecoverableError }));
const { QueueWorker } = await import('../../../../lib/integrations/bullmq/queue-worker.js');

const settings = { prefix: 'cqrs', lease: 301, keep: { age: 1500, count: 7 } };

function workerOf(handle: (delivery: Delivery) => Promise<Outcome> = async () => DONE) {
  const told: string[] = [];
  const outage = new Outage();
  outage.reportTo(problem => void told.push(problem));
  const client = new FakeClient().asClient();
  const worker = new QueueWorker({ name: 'a:b', concurrency: 5, isKeyed: false }, handle, { client, settings, outage });
  const { made } = FakeWorker;
  /** Resolves as the handler that BullMQ calls does. */
  const take = (job = new FakeJob()) =>
    made.processJob(job).then(
      () => 'done',
      (error: unknown) => error,
    );
  return { worker, made, told, take };
}

/** Time goes on, and all that happens meanwhile. */
const pass = async (milliseconds: number): Promise<void> => {
  await quiet();
  await jest.advanceTimersByTimeAsync(milliseconds);
  await quiet();
};

beforeEach(() => void jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'] }));
afterEach(() => void jest.useRealTimers());

describe('a worker on BullMQ', () => {
  it('is made with what the settings say', async () => {
    const { worker, made, told } = workerOf();
    await worker.start();
    expect([made.name, made.log]).toEqual(['a~003ab', ['ready']]);
    expect(made.options).toMatchObject({
      prefix: 'cqrs',
      concurrency: 5,
      lockDuration: 301,
      skipLockRenewal: true,
      stalledInterval: 151,
      maxStalledCount: 1000,
      removeOnComplete: { age: 2, count: 7 },
      runRetryDelay: 1000,
      settings: { backoffStrategy: expect.any(Function) },
    });
    made.emit('error', new Error('odd'));
    expect(told).toEqual(['The worker of the queue "a:b" failed']);
  });

  it('hands out jobs as deliveries', async () => {
    let seen: Delivery | undefined;
    const { take } = workerOf(async delivery => ((seen = delivery), DONE));
    expect(await take(new FakeJob('m-x~003ay'))).toBe('done');
    expect(seen).toMatchObject({ id: 'x:y', queue: 'a:b', attempt: 1, attempts: 2, data: 'message' });
    expect(jest.getTimerCount()).toBeLessThanOrEqual(1);
  });

  it.each([
    [failed('no'), 'CardDeclined: no', false],
    [dead('never'), 'CardDeclined: never', true],
  ])('tells BullMQ of the outcome %#', async (outcome, message, isLast) => {
    const error = (await workerOf(async () => outcome).take()) as Error;
    expect([error.message, error instanceof UnrecoverableError]).toEqual([message, isLast]);
  });

  it('fails where what handles it does', async () => {
    const odd = new Error('odd');
    expect(await workerOf(() => Promise.reject(odd)).take()).toBe(odd);
  });

  it('extends the lock of what runs, and tells no outcome where the lock is gone', async () => {
    const end = pending();
    let seen: Delivery | undefined;
    const { told, take } = workerOf(async delivery => {
      seen = delivery;
      await end.promise;
      return DONE;
    });
    const job = new FakeJob();
    const taken = take(job);
    await pass(101);
    expect(job.log).toEqual([['extendLock', 'token', 301]]);
    job.lock = 0;
    await pass(101);
    expect([seen!.signal.aborted, told]).toEqual([true, ['A handler of the queue "a:b" has lost the job "a"']]);
    end.finish();
    expect(await taken).toBeInstanceOf(WaitingError);
  });

  it('gives back what it gets once it has stopped', async () => {
    const handle = jest.fn(async () => DONE);
    const { worker, made, take } = workerOf(handle);
    await worker.stop();
    const job = new FakeJob();
    expect(await take(job)).toBeInstanceOf(WaitingError);
    expect([handle.mock.calls.length, job.log, made.log]).toEqual([0, [['moveToWait', 'token']], [['pause', true]]]);
  });

  it('stops when what runs has settled, and what has begun meanwhile', async () => {
    const ends = [pending(), pending()];
    let count = 0;
    const { worker, take } = workerOf(async () => (await ends[count++]!.promise, DONE));
    void take();
    void take();
    let isStopped = false;
    void worker.stop().then(() => (isStopped = true));
    await quiet();
    ends[0]!.finish();
    await quiet();
    expect(isStopped).toBe(false);
    ends[1]!.finish();
    await quiet();
    expect(isStopped).toBe(true);
  });

  it('delivers what is not JSON as a text', () => {
    const { made } = workerOf();
    expect(made.createJob({ data: '{"a":1}' }, '7')).toEqual({ id: '7', data: { a: 1 } });
    expect(made.createJob({ data: 'no JSON' }, '7')).toEqual({ id: '7', data: 'no JSON' });
  });
});

describe('a worker on BullMQ that is closed', () => {
  async function running(isEndless = false) {
    const end = pending();
    let seen: Delivery | undefined;
    const set = workerOf(async delivery => {
      seen = delivery;
      await end.promise;
      return DONE;
    });
    const job = new FakeJob();
    if (isEndless) job.moveToWait = () => new Promise(() => undefined);
    const taken = set.take(job);
    await quiet();
    return { ...set, end, job, taken, seen: seen! };
  }

  it('gives back what runs, whose outcome says nothing any more', async () => {
    const { worker, made, job, taken, seen, end } = await running();
    await worker.close(true);
    expect([seen.signal.reason, await taken]).toEqual([
      new Error('The worker is closed: the job goes back to its queue.'),
      expect.any(WaitingError),
    ]);
    expect([job.log, made.log.slice(1)]).toEqual([[['moveToWait', 'token']], [['close', undefined]]]);
    end.finish();
    await quiet();
    expect(made.disconnected).not.toHaveBeenCalled();
    expect(jest.getTimerCount()).toBeLessThanOrEqual(1);
  });

  it('does not wait where Redis is away', async () => {
    const { worker, made } = await running(true);
    await worker.close(false);
    expect(made.log.slice(1)).toEqual([['close', true]]);
  });

  it('waits three seconds for what runs, and three for BullMQ, where Redis does not answer', async () => {
    const { worker, made } = await running(true);
    made.closing = () => new Promise(() => undefined);
    let isClosed = false;
    const closed = worker.close(true).then(() => (isClosed = true));
    await pass(2999);
    expect(made.log).toHaveLength(1);
    await pass(1);
    expect(made.log).toHaveLength(2);
    await pass(2999);
    expect([isClosed, made.disconnected.mock.calls.length]).toEqual([false, 0]);
    await pass(1);
    expect([await closed, made.disconnected.mock.calls.length]).toEqual([true, 1]);
  });
});
