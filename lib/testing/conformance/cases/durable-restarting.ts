import type { DurableTransport, Job } from '../../../extension.js';
import { restarts, type DurableCase } from '../durable-case.js';
import { RETRIED, turns, WIDE, type DurableWorld } from '../durable-world.js';
import { DONE } from '../durable-runs.js';

const BATCHES = 10;
const BATCH = 10;

/** What is left after the engine was stopped. */
export const restarting: readonly DurableCase[] = [
  {
    name: 'stored jobs survive a restart of the engine',
    without: restarts,
    async run(world) {
      const queue = world.queue(WIDE);
      const sender = await world.open(queue);
      const jobs = world.jobs(BATCH, queue);
      await sender.store(jobs);
      await world.close(sender);
      await world.adapter.restart!();
      const runs = await world.work(await world.open(queue), queue);
      await world.handled(runs, jobs, world.long);
    },
  },
  {
    name: 'a restart of the engine under load loses no job',
    without: restarts,
    async run(world) {
      const queue = world.queue(WIDE);
      const [sender, worker] = [await world.open(queue), await world.open(queue)];
      const handled = new Set<string>();
      await world.work(worker, queue, async ({ id }) => {
        await turns();
        handled.add(id);
        return DONE;
      });
      const jobs = world.jobs(BATCHES * BATCH, queue, { retry: RETRIED });
      const restarted = world.wait(20).then(() => world.adapter.restart!());
      for (let i = 0; i < jobs.length; i += BATCH) {
        await storeAtLast(world, sender, jobs.slice(i, i + BATCH));
        await world.wait(10);
      }
      await restarted;
      const extra = 2 * (world.long + world.adapter.lease);
      await world.until(() => jobs.every(({ id }) => handled.has(id)), 'all jobs are handled', extra);
    },
  },
];

/** As an application does whose `store` is rejected: again, with the same ids. */
async function storeAtLast(world: DurableWorld, sender: DurableTransport, jobs: readonly Job[]): Promise<void> {
  const store = () =>
    sender.store(jobs).then(
      () => true,
      () => false,
    );
  await world.until(store, 'the jobs are stored', world.long);
}
