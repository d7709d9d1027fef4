import assert from 'node:assert/strict';
import type { DurableCase } from '../durable-case.js';
import { DONE } from '../durable-runs.js';
import { idsOf, turns, WIDE } from '../durable-world.js';

const CONCURRENCY = 4;
const MANY = 20;

/** How workers share the jobs of a queue. */
export const working: readonly DurableCase[] = [
  {
    name: 'two workers share the jobs, and each job runs once',
    async run(world) {
      const queue = world.queue();
      const [one, other] = [await world.open(queue), await world.open(queue)];
      const gates = [world.gate(), world.gate()];
      const workers = [one, other].map((transport, i) =>
        world.work(transport, queue, async () => {
          await gates[i]!.opened;
          return DONE;
        }),
      );
      const [first, second] = [await workers[0]!, await workers[1]!];
      const jobs = world.jobs(40, queue);
      await one.store(jobs);
      await world.until(() => first.running.length > 0 && second.running.length > 0, 'both workers have a job');
      for (const { open } of gates) open();
      const all = () => [...first.ids, ...second.ids];
      await world.until(() => all().length >= jobs.length, 'all jobs are handled');
      await world.pause();
      assert.deepEqual(all().toSorted(), idsOf(jobs).toSorted());
    },
  },
  {
    name: 'as many jobs run at a time as the concurrency says, and never more',
    async run(world) {
      const queue = world.queue({ concurrency: CONCURRENCY });
      const transport = await world.open(queue);
      const gate = world.gate();
      const runs = await world.work(transport, queue, async () => {
        await gate.opened;
        await turns();
        return DONE;
      });
      const jobs = world.jobs(5 * CONCURRENCY, queue);
      await transport.store(jobs);
      await world.until(() => runs.running.length >= CONCURRENCY, `${CONCURRENCY} jobs run`);
      await world.pause();
      gate.open();
      await world.handled(runs, jobs);
      assert.equal(runs.most, CONCURRENCY);
    },
  },
  {
    name: 'stopIntake takes nothing new, and resolves when what runs has settled',
    async run(world) {
      const queue = world.queue(WIDE);
      const transport = await world.open(queue);
      const gate = world.gate();
      const runs = await world.work(transport, queue, async () => {
        await gate.opened;
        return DONE;
      });
      const [running, waiting] = [world.job(queue), world.job(queue)];
      await transport.store([running]);
      await world.until(() => runs.all.length > 0, 'the first job runs');
      let isStopped = false;
      void transport.stopIntake().then(() => (isStopped = true));
      await transport.store([waiting]);
      await world.pause();
      assert.equal(isStopped, false, 'stopIntake has not waited.');
      assert.equal(runs.all[0]!.delivery.signal.aborted, false, 'What runs was aborted.');
      gate.open();
      await world.until(() => isStopped, 'stopIntake resolves');
      await world.handled(runs, [running]);
      const others = await world.work(await world.open(queue), queue);
      await world.handled(others, [waiting]);
    },
  },
  {
    name: 'what has ended when the transport closes is not handled again',
    async run(world) {
      const queue = world.queue({ concurrency: MANY });
      const transport = await world.open(queue);
      const gate = world.gate();
      const runs = await world.work(transport, queue, async () => {
        await gate.opened;
        return DONE;
      });
      const jobs = world.jobs(MANY, queue);
      await transport.store(jobs);
      await world.until(() => runs.running.length >= jobs.length, 'all jobs run');
      void transport.stopIntake();
      gate.open();
      // An application closes it as soon as the last handler has ended.
      await turns();
      assert.equal(runs.ended.length, jobs.length);
      await world.close(transport);
      await world.handled(await world.work(await world.open(queue), queue), []);
    },
  },
];
