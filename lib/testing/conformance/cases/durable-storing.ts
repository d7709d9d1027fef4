import assert from 'node:assert/strict';
import type { Job } from '../../../extension.js';
import { failureOf } from '../case.js';
import type { DurableCase } from '../durable-case.js';
import { AN_HOUR, fresh, idsOf, known, payload, WIDE, type DurableWorld } from '../durable-world.js';
import { within } from '../journal.js';

const DELAY = 1500;
const SOME = 20;
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
      assert.deepEqual(await transport.store([job]), [fresh(job)]);
      await world.handled(runs, [job]);
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
      await world.handled(await world.work(await world.open(queue), queue), [job]);
    },
  },
  {
    name: 'a job with a delay waits for it',
    run: world => waits(world, () => [{ delay: DELAY }, {}]),
  },
  {
    name: 'a job with a time waits for it',
    run: world => waits(world, now => [{ at: new Date(now + DELAY) }, { at: new Date(now - AN_HOUR) }]),
  },
  {
    name: 'a second job of the same id is not stored',
    async run(world) {
      const [queue, other] = [world.queue(), world.queue()];
      const transport = await world.open(queue, other);
      const job = world.job(queue);
      const same = world.job(queue, { id: job.id, data: payload('other data') });
      assert.deepEqual(await transport.store([job, same]), [fresh(job), known(job)]);
      assert.deepEqual(await transport.store([same]), [known(job)]);
      assert.deepEqual(await transport.store([{ ...job, queue: other.name }]), [fresh(job)]);
      await world.handled(await world.work(transport, queue), [job]);
      await world.handled(await world.work(transport, other), [job]);
    },
  },
  {
    name: 'the same id from two processes at once is stored once',
    async run(world) {
      const queue = world.queue(WIDE);
      const transports = [await world.open(queue), await world.open(queue)];
      const jobs = world.jobs(SOME, queue);
      const stored = await Promise.all(jobs.flatMap(job => transports.map(transport => transport.store([job]))));
      assert.equal(stored.flat().length, 2 * jobs.length);
      const duplicates = stored.flat().filter(({ isDuplicate }) => isDuplicate);
      assert.deepEqual(idsOf(duplicates), idsOf(jobs), 'One of two is a duplicate.');
      await world.handled(await world.work(transports[0]!, queue), jobs);
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
      assert.deepEqual(await transport.store([job]), [known(job)]);
      await world.handled(runs, [job]);
    },
  },
  {
    name: 'store stores all jobs or none',
    async run(world) {
      const queue = world.queue();
      const transport = await world.open(queue);
      const circular: Record<string, unknown> = {};
      circular['self'] = circular;
      const broken = world.job(queue, { data: payload(circular) });
      await failureOf(transport.store([world.job(queue), broken, world.job(queue)]));
      const whole = world.job(queue);
      await transport.store([whole]);
      await world.handled(await world.work(transport, queue), [whole]);
    },
  },
  {
    name: `${BULK} jobs in one store`,
    async run(world) {
      const queue = world.queue({ concurrency: 50 });
      const transport = await world.open(queue);
      const jobs = world.jobs(BULK, queue);
      const stored = await within(transport.store(jobs), world.patience, 'store() resolves');
      assert.deepEqual(idsOf(stored), idsOf(jobs), 'The answers are not in the order of the jobs.');
      await world.handled(await world.work(transport, queue), jobs, world.patience);
    },
  },
];

/** @param change of a job that waits, and of one that does not */
async function waits(
  world: DurableWorld,
  change: (now: number) => readonly [late: Partial<Job>, atOnce: Partial<Job>],
): Promise<void> {
  const queue = world.queue(WIDE);
  const transport = await world.open(queue);
  const runs = await world.work(transport, queue);
  const stored = world.now();
  const [late, atOnce] = change(stored).map(of => world.job(queue, of)) as [Job, Job];
  await transport.store([late, atOnce]);
  await world.handled(runs, [late, atOnce], DELAY);
  assert.deepEqual(runs.ids, [atOnce.id, late.id]);
  world.atLeast(runs.all[1]!.startedAt - stored, DELAY, 'from store to the delivery');
}
