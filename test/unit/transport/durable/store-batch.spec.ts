import type { Job } from '../../../../lib/transport/durable/durable-transport.js';
import type { Receipt } from '../../../../lib/transport/durable/receipt.js';
import { notPassedOn, StoreBatch } from '../../../../lib/transport/durable/store-batch.js';
import { soon } from '../../../support/waiting.js';

const job = (id: string): Job => ({
  id,
  queue: 'q',
  data: { kind: 'command', envelope: {}, enqueuedAt: 0 },
  retry: { limit: 0, delay: 0, backoff: false, maxDelay: 0 },
});

const receiptsOf = (jobs: readonly Job[]): Receipt[] =>
  jobs.map(({ id, queue }) => ({ id, queue, transport: 't', isDuplicate: false }));

function batchOf(size: number, fail?: Error) {
  const stored: string[][] = [];
  const batch = new StoreBatch(size, async jobs => {
    stored.push(jobs.map(({ id }) => id));
    if (fail !== undefined) throw fail;
    return receiptsOf(jobs);
  });
  return { batch, stored };
}

describe('StoreBatch', () => {
  it('stores once, when all jobs are there, in the order of their positions', async () => {
    const { batch, stored } = batchOf(2);
    const second = batch.add(1, job('b'));
    await soon();
    expect(stored).toEqual([]);
    const first = batch.add(0, job('a'));
    expect([(await first).id, (await second).id]).toEqual(['a', 'b']);
    expect(stored).toEqual([['a', 'b']]);
  });

  it('stores nothing where a message was refused, and tells all the first reason', async () => {
    const { batch, stored } = batchOf(3);
    const added = batch.add(0, job('a'));
    batch.refuse(1, new Error('first'));
    batch.refuse(2, new Error('second'));
    await expect(added).rejects.toThrow('first');
    expect(stored).toEqual([]);
  });

  it('takes the first job of a position: a middleware may call next() twice', async () => {
    const { batch, stored } = batchOf(1);
    const answers = await Promise.all([batch.add(0, job('a')), batch.add(0, job('again'))]);
    expect(answers.map(({ id }) => id)).toEqual(['a', 'a']);
    expect(stored).toEqual([['a']]);
  });

  it('does not take back a job that was added', async () => {
    const { batch, stored } = batchOf(1);
    const added = batch.add(0, job('a'));
    batch.refuse(0, new Error('too late'));
    await expect(added).resolves.toMatchObject({ id: 'a' });
    expect(stored).toEqual([['a']]);
  });

  it('tells all that the engine has failed', async () => {
    const { batch } = batchOf(2, new Error('the disk is full'));
    const answers = await Promise.allSettled([batch.add(0, job('a')), batch.add(1, job('b'))]);
    expect(answers.map(answer => (answer as PromiseRejectedResult).reason as Error)).toMatchObject([
      { message: 'the disk is full' },
      { message: 'the disk is full' },
    ]);
  });
});

describe('notPassedOn', () => {
  it('names the message and what to do', () => {
    expect(notPassedOn('Send')).toMatchObject({
      code: 'CQRS_NOT_STORED',
      what: '"Send" was not stored: a middleware that runs at \'store\' did not call next().',
      where: 'enqueue()',
      remedy: "Call next(), throw, or take 'store' out of its places.",
    });
  });
});
