import assert from 'node:assert/strict';
import type { DurableTransport, Job } from '../../../extension.js';
import type { DurableCase } from '../durable-case.js';
import { dead, DONE, failed, failure } from '../durable-runs.js';
import { retries, type DurableWorld } from '../durable-world.js';

/** Jobs that are not tried again. */
export const deadLetters: readonly DurableCase[] = [
  {
    name: 'a dead letter has data, reason, attempts and its time',
    async run(world) {
      const queue = world.queue();
      const transport = await world.open(queue);
      const began = world.now();
      await world.work(transport, queue, ({ attempt }) => failed(`no ${attempt}`));
      const job = world.job(queue, { retry: retries(1) });
      await transport.store([job]);
      await diedAll(world, transport, [job]);
      // It is in the engine, not in the process of the worker.
      const reader = await world.open(queue);
      const { diedAt, ...letter } = (await reader.deadLetters.get(queue.name, job.id))!;
      const { id, data } = job;
      assert.deepEqual(letter, { id, queue: queue.name, data, attempts: 2, reason: failure('no 2') });
      assert.ok(diedAt instanceof Date, 'diedAt is not a Date.');
      world.atLeast(diedAt.getTime() - began, 0, 'from store to diedAt');
    },
  },
  {
    name: 'get finds only a dead letter of this queue and id',
    async run(world) {
      const [queue, other] = [world.queue(), world.queue()];
      const transport = await world.open(queue, other);
      const [letter, done] = [world.job(queue), world.job(queue)];
      const runs = await world.work(transport, queue, ({ id }) => (id === letter.id ? dead() : DONE));
      await transport.store([done, letter]);
      await diedAll(world, transport, [letter]);
      await world.until(() => runs.ended.length > 1, 'both jobs are handled');
      const { deadLetters: store } = transport;
      assert.equal((await store.get(queue.name, letter.id))?.id, letter.id);
      assert.equal(await store.get(other.name, letter.id), undefined, 'It is found in another queue.');
      assert.equal(await store.get(queue.name, done.id), undefined, 'A job that is done is found.');
      assert.equal(await store.get(queue.name, world.job(queue).id), undefined, 'An id that is not there is found.');
    },
  },
  {
    name: 'list pages through the dead letters, oldest first',
    async run(world) {
      const [queue, other, empty] = [world.queue(), world.queue(), world.queue()];
      const transport = await world.open(queue, other, empty);
      await world.work(transport, queue, () => dead());
      await world.work(transport, other, () => dead());
      const jobs = world.jobs(5, queue);
      for (const job of jobs) {
        await transport.store([job, world.job(other)]);
        await diedAll(world, transport, [job]);
        await world.wait(5);
      }
      const ids = jobs.map(({ id }) => id);
      const page = async (after: string | undefined, limit = 2) =>
        (await transport.deadLetters.list(queue.name, { limit, after })).map(({ id }) => id);
      assert.deepEqual(await page(undefined), ids.slice(0, 2));
      assert.deepEqual(await page(ids[1]), ids.slice(2, 4));
      assert.deepEqual(await page(ids[3]), ids.slice(4));
      assert.deepEqual(await page(ids[4]), []);
      assert.deepEqual(await page(undefined, 100), ids);
      assert.deepEqual(await transport.deadLetters.list(empty.name, { limit: 2 }), []);
    },
  },
  {
    name: 'redrive runs the job again, with all attempts',
    async run(world) {
      const queue = world.queue();
      const transport = await world.open(queue);
      const { deadLetters: store } = transport;
      const fate = { isBroken: true };
      const handle = ({ attempt }: { readonly attempt: number }) => (fate.isBroken || attempt === 1 ? failed() : DONE);
      const runs = await world.work(transport, queue, handle);
      const job = world.job(queue, { retry: retries(1) });
      await transport.store([job]);
      await diedAll(world, transport, [job]);
      fate.isBroken = false;
      assert.equal(await store.redrive(queue.name, job.id), true);
      await world.until(() => runs.ended.length > 3, 'the job is tried twice again');
      await world.pause();
      const attempts = runs.all.map(({ delivery: { id, attempt, attempts: most } }) => [id, attempt, most]);
      assert.deepEqual(
        attempts,
        [1, 2, 1, 2].map(attempt => [job.id, attempt, 2]),
      );
      assert.deepEqual(runs.all[2]!.delivery.data, job.data);
      assert.equal(await store.get(queue.name, job.id), undefined, 'The dead letter is still there.');
      assert.equal(await store.redrive(queue.name, job.id), false, 'A job that is done was redriven.');
      assert.equal(
        await store.redrive(queue.name, world.job(queue).id),
        false,
        'An id that is not there was redriven.',
      );
    },
  },
  {
    name: 'a redriven job can die again',
    async run(world) {
      const queue = world.queue();
      const transport = await world.open(queue);
      const runs = await world.work(transport, queue, () => dead(`no ${runs.all.length}`));
      const job = world.job(queue);
      await transport.store([job]);
      await diedAll(world, transport, [job]);
      await transport.deadLetters.redrive(queue.name, job.id);
      const again = async () => (await transport.deadLetters.get(queue.name, job.id))?.reason?.message === 'no 2';
      await world.until(again, 'the job is dead again');
      assert.equal((await transport.deadLetters.get(queue.name, job.id))?.attempts, 1);
      assert.equal((await transport.deadLetters.list(queue.name, { limit: 10 })).length, 1);
    },
  },
  {
    name: 'discard removes a dead letter',
    async run(world) {
      const queue = world.queue();
      const transport = await world.open(queue);
      const { deadLetters: store } = transport;
      const runs = await world.work(transport, queue, () => dead());
      const [job, kept] = [world.job(queue), world.job(queue)];
      await transport.store([job, kept]);
      await diedAll(world, transport, [job, kept]);
      assert.equal(await store.discard(queue.name, job.id), true);
      assert.equal(await store.discard(queue.name, job.id), false, 'It was discarded twice.');
      assert.equal(await store.get(queue.name, job.id), undefined);
      assert.deepEqual(
        (await store.list(queue.name, { limit: 10 })).map(({ id }) => id),
        [kept.id],
      );
      await world.pause();
      assert.equal(runs.all.length, 2);
    },
  },
];

/** Waits until each of the jobs is a dead letter. */
async function diedAll(world: DurableWorld, transport: DurableTransport, jobs: readonly Job[]): Promise<void> {
  const died = async () => {
    for (const { queue, id } of jobs) if ((await transport.deadLetters.get(queue, id)) === undefined) return false;
    return true;
  };
  await world.until(died, 'the jobs are dead letters');
}
