import assert from 'node:assert/strict';
import type { DurableCase } from '../durable-case.js';
import { within } from '../journal.js';
import { failureOf } from '../case.js';

const DELAY = 1500;
const BULK = 1000;

/** How jobs are stored. */
export const storing: readonly DurableCase[] = [
  {
    name: 'a stored job is handled once, with its data',
    async run(world) {
      const queue = world.queue();
      const transport = await world.open(queue);
      const runs = await world.work(transport, queue);
      const job = world.job(queue);
      assert.deepEqual(await transport.store([job]), [{ id: job.id, isDuplicate: false }]);
      await world.until(() => runs.all.length > 0, 'the job is handled');
      await world.pause();
      assert.deepEqual(runs.ids, [job.id]);
      const { delivery } = runs.all[0]!;
      assert.deepEqual(delivery.data, job.data);
      assert.equal(delivery.queue, queue.name);
      assert.equal(delivery.signal.aborted, false);
    },
  },
  {
    name: 'store resolves although no worker is there, and another process handles the job later',
    async run(world) {
      const queue = world.queue();
      const sender = await world.open(queue);
      const job = world.job(queue);
      await within(sender.store([job]), world.patience, 'store() resolves');
      await world.close(sender);
      const runs = await world.work(await world.open(queue), queue);
      await world.until(() => runs.all.length > 0, 'the job is handled');
      assert.deepEqual(runs.ids, [job.id]);
    },
  },
  {
    name: 'a job with a delay waits for it',
    async run(world) {
      const queue = world.queue({ concurrency: 2 });
      const transport = await world.open(queue);
      const runs = await world.work(transport, queue);
      const [delayed, now] = [world.job(queue, { delay: DELAY }), world.job(queue)];
      const stored = world.now();
      await transport.store([delayed, now]);
      await world.until(() => runs.all.length > 1, 'both jobs are handled', DELAY);
      assert.deepEqual(runs.ids, [now.id, delayed.id]);
      world.atLeast(runs.all[1]!.startedAt - stored, DELAY, 'from store to the delivery');
    },
  },
  {
    name: 'a job with a time waits for it',
    async run(world) {
      const queue = world.queue({ concurrency: 3 });
      const transport = await world.open(queue);
      const runs = await world.work(transport, queue);
      const at = new Date(world.now() + DELAY);
      const [later, now] = [world.job(queue, { at }), world.job(queue, { at: new Date(world.now() - 60_000) })];
      await transport.store([later, now]);
      await world.until(() => runs.all.length > 1, 'both jobs are handled', DELAY);
      assert.deepEqual(runs.ids, [now.id, later.id]);
      world.atLeast(runs.all[1]!.startedAt - at.getTime() + DELAY, DELAY, 'from store to the delivery');
    },
  },
  {
    name: 'a second job of the same id is not stored',
    async run(world) {
      const [queue, other] = [world.queue(), world.queue()];
      const transport = await world.open(queue, other);
      const { id } = world.job(queue);
      const twice = await transport.store([world.job(queue, { id }), world.job(queue, { id })]);
      assert.deepEqual(twice, [
        { id, isDuplicate: false },
        { id, isDuplicate: true },
      ]);
      assert.deepEqual(await transport.store([world.job(queue, { id })]), [{ id, isDuplicate: true }]);
      assert.deepEqual(await transport.store([world.job(other, { id })]), [{ id, isDuplicate: false }]);
      const runs = await world.work(transport, queue);
      const others = await world.work(transport, other);
      await world.until(() => runs.all.length > 0 && others.all.length > 0, 'the job of each queue is handled');
      await world.pause();
      assert.deepEqual([runs.ids, others.ids], [[id], [id]]);
    },
  },
  {
    name: 'the same id from two processes at once is stored once',
    async run(world) {
      const queue = world.queue({ concurrency: 10 });
      const transports = [await world.open(queue), await world.open(queue)];
      const ids = world.jobs(20, queue).map(({ id }) => id);
      const stored = await Promise.all(
        ids.flatMap(id => transports.map(transport => transport.store([world.job(queue, { id })]))),
      );
      for (const id of ids) {
        const answers = stored.flat().filter(answer => answer.id === id);
        assert.equal(answers.filter(({ isDuplicate }) => isDuplicate).length, 1, 'One of two is a duplicate.');
      }
      const runs = await world.work(transports[0]!, queue);
      await world.until(() => runs.all.length >= ids.length, 'all jobs are handled');
      await world.pause();
      assert.deepEqual(runs.ids.toSorted(), ids.toSorted());
    },
  },
  {
    name: 'the id of a job that has ended is still a duplicate',
    async run(world) {
      const queue = world.queue();
      const transport = await world.open(queue);
      const runs = await world.work(transport, queue);
      const job = world.job(queue);
      await transport.store([job]);
      await world.until(() => runs.ended.length > 0, 'the job is handled');
      await world.until(async () => (await transport.inspect(queue.name)).active === 0, 'the job has ended');
      assert.deepEqual(await transport.store([job]), [{ id: job.id, isDuplicate: true }]);
      await world.pause();
      assert.deepEqual(runs.ids, [job.id]);
    },
  },
  {
    name: 'store stores all jobs or none',
    async run(world) {
      const queue = world.queue();
      const transport = await world.open(queue);
      const circular: Record<string, unknown> = {};
      circular['self'] = circular;
      const broken = world.job(queue, { data: { kind: 'command', envelope: circular, enqueuedAt: 0 } });
      await failureOf(transport.store([world.job(queue), broken, world.job(queue)]));
      const whole = world.job(queue);
      await transport.store([whole]);
      const runs = await world.work(transport, queue);
      await world.until(() => runs.all.length > 0, 'the job is handled');
      await world.pause();
      assert.deepEqual(runs.ids, [whole.id]);
    },
  },
  {
    name: `${BULK} jobs in one store`,
    async run(world) {
      const queue = world.queue({ concurrency: 50 });
      const transport = await world.open(queue);
      const jobs = world.jobs(BULK, queue);
      const stored = await within(transport.store(jobs), world.patience, 'store() resolves');
      assert.deepEqual(
        stored.map(({ id }) => id),
        jobs.map(({ id }) => id),
        'The answers are not in the order of the jobs.',
      );
      const runs = await world.work(transport, queue);
      await world.until(() => runs.ended.length >= BULK, 'all jobs are handled', world.patience);
      await world.pause();
      assert.equal(runs.all.length, BULK);
      assert.deepEqual(new Set(runs.ids), new Set(jobs.map(({ id }) => id)));
    },
  },
];
