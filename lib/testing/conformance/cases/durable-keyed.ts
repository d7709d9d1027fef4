import assert from 'node:assert/strict';
import type { Delivery } from '../../../extension.js';
import { keys, orderedKeys, type DurableCase } from '../durable-case.js';
import { DONE, failed, type Handling } from '../durable-runs.js';
import { AN_HOUR, FEW, idsOf, KEYED, ONE_KEY, OTHER_KEY, RETRIED_LATER, retries, turns } from '../durable-world.js';

const PER_KEY = 6;

/** Jobs of one key run one after another. */
export const keyed: readonly DurableCase[] = [
  {
    name: 'jobs of one key never run at the same time',
    without: keys,
    async run(world) {
      const queue = world.queue(KEYED);
      const transports = [await world.open(queue), await world.open(queue)];
      const jobs = [ONE_KEY, OTHER_KEY, ONE_KEY].flatMap(key => world.jobs(PER_KEY, queue, key));
      const running = new Set<string>();
      const overlaps: string[] = [];
      const ended: string[] = [];
      const handle: Handling = async ({ id }) => {
        const { key } = jobs.find(job => job.id === id)!;
        if (running.has(key!)) overlaps.push(key!);
        running.add(key!);
        await turns();
        running.delete(key!);
        ended.push(id);
        return DONE;
      };
      for (const transport of transports) await world.work(transport, queue, handle);
      await transports[0]!.store(jobs);
      await world.until(() => ended.length >= jobs.length, 'all jobs are handled', world.long);
      assert.deepEqual(overlaps, []);
    },
  },
  {
    name: 'a key whose job runs holds up no other key',
    without: keys,
    async run(world) {
      const queue = world.queue(KEYED);
      const transport = await world.open(queue);
      const slow = world.jobs(FEW, queue, ONE_KEY);
      const fast = world.jobs(FEW, queue, OTHER_KEY);
      const gate = world.gate();
      const isSlow = ({ id }: Delivery) => slow.some(job => job.id === id);
      const runs = await world.work(transport, queue, async delivery => {
        if (isSlow(delivery)) await gate.opened;
        return DONE;
      });
      await transport.store([...slow, ...fast]);
      await world.until(() => fast.every(({ id }) => runs.of(id).length > 0), 'the other key is handled');
      assert.equal(runs.running.length, 1, 'Several jobs of one key run.');
      gate.open();
      await world.handled(runs, [...slow, ...fast]);
    },
  },
  {
    name: 'jobs of one key run in the order in which they were stored, also if one is tried again',
    without: orderedKeys,
    async run(world) {
      const queue = world.queue(KEYED);
      const transport = await world.open(queue);
      const retry = retries(3, 500);
      const a = world.jobs(PER_KEY, queue, { ...ONE_KEY, retry });
      const b = world.jobs(PER_KEY, queue, { ...OTHER_KEY, retry });
      const stumbling = a[1]!.id;
      const done: string[] = [];
      await world.work(transport, queue, async ({ id, attempt }) => {
        await turns();
        if (id === stumbling && attempt === 1) return failed();
        done.push(id);
        return DONE;
      });
      // Two of each in one store, so that order within a store counts, and that between two.
      for (let i = 0; i < PER_KEY; i += 2) await transport.store([a[i]!, b[i]!, a[i + 1]!, b[i + 1]!]);
      await world.until(() => done.length >= a.length + b.length, 'all jobs are handled', world.long);
      for (const jobs of [a, b].map(idsOf))
        assert.deepEqual(
          done.filter(id => jobs.includes(id)),
          jobs,
        );
    },
  },
  {
    name: 'a delayed job holds back no other of its key',
    without: orderedKeys,
    async run(world) {
      const queue = world.queue(KEYED);
      const transport = await world.open(queue);
      const delayed = world.job(queue, { ...ONE_KEY, delay: AN_HOUR });
      const others = world.jobs(FEW, queue, ONE_KEY);
      const runs = await world.work(transport, queue);
      await transport.store([delayed, ...others]);
      await world.handled(runs, others);
      assert.deepEqual(runs.ids, idsOf(others));
    },
  },
  {
    name: 'a job that waits for its next attempt holds back its key, and no other',
    without: orderedKeys,
    async run(world) {
      const queue = world.queue(KEYED);
      const transport = await world.open(queue);
      const failing = world.job(queue, { ...ONE_KEY, retry: RETRIED_LATER });
      const [held, others] = [world.jobs(FEW, queue, ONE_KEY), world.jobs(FEW, queue, OTHER_KEY)];
      const runs = await world.work(transport, queue, ({ id }) => (id === failing.id ? failed() : DONE));
      await transport.store([failing, ...held, ...others]);
      await world.handled(runs, [failing, ...others]);
    },
  },
];
