import assert from 'node:assert/strict';
import type { DurableCase } from '../durable-case.js';
import { dead, DONE, failed, failure } from '../durable-runs.js';
import { idsOf, retries } from '../durable-world.js';

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
      await world.died(transport, [job]);
      // It is in the engine, not in the process of the worker.
      const reader = await world.open(queue);
      const { diedAt, ...letter } = (await reader.deadLetters.get(queue.name, job.id))!;
      const { id, data } = job;
      assert.deepEqual(letter, { id, queue: queue.name, data, attempts: 2, reason: failure('no 2') });
      world.since(began, diedAt, 'diedAt');
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
      await world.handled(runs, [done, letter]);
      await world.died(transport, [letter]);
      const { deadLetters: store } = transport;
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
        await world.died(transport, [job]);
        await world.wait(5);
      }
      const ids = idsOf(jobs);
      const page = async (after: string | undefined, limit = 2) =>
        idsOf(await transport.deadLetters.list(queue.name, { limit, after }));
      const pages = [];
      for (const after of [undefined, ids[1], ids[3], ids[4]]) pages.push(await page(after));
      assert.deepEqual(pages, [ids.slice(0, 2), ids.slice(2, 4), ids.slice(4), []]);
      assert.deepEqual(await page(undefined, 20 * jobs.length), ids);
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
      await world.died(transport, [job]);
      fate.isBroken = false;
      assert.equal(await store.redrive(queue.name, job.id), true);
      await world.handled(runs, [job, job, job, job]);
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
      await world.died(transport, [job]);
      await transport.deadLetters.redrive(queue.name, job.id);
      await world.handled(runs, [job, job]);
      await world.died(transport, [job]);
      const found = await transport.deadLetters.get(queue.name, job.id);
      const letters = [found!, ...(await transport.deadLetters.list(queue.name, { limit: 10 }))];
      const second = { id: job.id, attempts: 1, reason: failure('no 2') };
      assert.deepEqual(
        letters.map(({ id, attempts, reason }) => ({ id, attempts, reason })),
        [second, second],
      );
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
      await world.died(transport, [job, kept]);
      assert.equal(await store.discard(queue.name, job.id), true);
      assert.equal(await store.discard(queue.name, job.id), false, 'It was discarded twice.');
      assert.equal(await store.get(queue.name, job.id), undefined);
      assert.deepEqual(idsOf(await store.list(queue.name, { limit: 10 })), [kept.id]);
      await world.handled(runs, [job, kept]);
    },
  },
];
