import assert from 'node:assert/strict';
import type { DurableCase } from '../durable-case.js';
import { dead, DONE, failed, failure } from '../durable-runs.js';
import { AN_HOUR, FEW, RETRIED, RETRIED_LATER, retries } from '../durable-world.js';

const DELAY = 1000;

/** How failed jobs are tried again. */
export const retrying: readonly DurableCase[] = [
  {
    name: 'a failed job is tried again as often as its policy says, each time after the delay',
    async run(world) {
      const queue = world.queue();
      const transport = await world.open(queue);
      const runs = await world.work(transport, queue, () => failed());
      const job = world.job(queue, { retry: retries(2, DELAY) });
      await transport.store([job]);
      await world.died(transport, [job], 4 * DELAY);
      await world.handled(runs, [job, job, job]);
      for (const gap of runs.gaps) world.atLeast(gap, DELAY, 'from one attempt to the next');
    },
  },
  {
    name: 'a job that succeeds is not tried again',
    async run(world) {
      const queue = world.queue();
      const transport = await world.open(queue);
      const runs = await world.work(transport, queue, ({ attempt }) => (attempt === 1 ? failed() : DONE));
      const job = world.job(queue, { retry: RETRIED });
      await transport.store([job]);
      await world.handled(runs, [job, job]);
      assert.equal(await transport.deadLetters.get(queue.name, job.id), undefined);
    },
  },
  {
    name: 'backoff makes the delay grow',
    async run(world) {
      const queue = world.queue();
      const transport = await world.open(queue);
      const runs = await world.work(transport, queue, ({ attempt }) => (attempt <= 3 ? failed() : DONE));
      const job = world.job(queue, { retry: { limit: 3, delay: DELAY, backoff: true, maxDelay: AN_HOUR } });
      await transport.store([job]);
      await world.handled(runs, [job, job, job, job], 16 * DELAY);
      // Engines vary the delay, by half of it at most.
      for (const [i, gap] of runs.gaps.entries())
        world.atLeast(gap, (DELAY * 2 ** i) / 2, `from attempt ${i + 1} to ${i + 2}`);
    },
  },
  {
    name: 'a delivery tells its attempt, how many there are, and the last failure',
    async run(world) {
      const queue = world.queue();
      const transport = await world.open(queue);
      const runs = await world.work(transport, queue, ({ attempt }) => (attempt < 3 ? failed(`no ${attempt}`) : DONE));
      const job = world.job(queue, { retry: retries(4) });
      await transport.store([job]);
      await world.handled(runs, [job, job, job]);
      assert.deepEqual(
        runs.all.map(({ delivery: { attempt, attempts, lastFailure } }) => [attempt, attempts, lastFailure]),
        [
          [1, 5, undefined],
          [2, 5, failure('no 1')],
          [3, 5, failure('no 2')],
        ],
      );
    },
  },
  {
    name: 'a job that is dead is not tried again, whatever its policy says',
    async run(world) {
      const queue = world.queue();
      const transport = await world.open(queue);
      const runs = await world.work(transport, queue, () => dead());
      const job = world.job(queue, { retry: RETRIED });
      await transport.store([job]);
      await world.died(transport, [job]);
      await world.handled(runs, [job]);
    },
  },
  {
    name: 'a job that always fails does not block a queue of concurrency 1',
    async run(world) {
      const queue = world.queue();
      const transport = await world.open(queue);
      const poison = world.job(queue, { retry: RETRIED_LATER });
      const runs = await world.work(transport, queue, ({ id }) => (id === poison.id ? failed() : DONE));
      const others = world.jobs(FEW, queue);
      await transport.store([poison]);
      await world.until(() => runs.ended.length > 0, 'the job fails');
      await transport.store(others);
      await world.handled(runs, [poison, ...others]);
    },
  },
  {
    name: 'failures in one queue leave the same job in another',
    async run(world) {
      const [queue, other] = [world.queue(), world.queue()];
      const transport = await world.open(queue, other);
      const failing = await world.work(transport, queue, () => failed());
      const runs = await world.work(transport, other);
      const job = world.job(queue, { retry: retries(2) });
      await transport.store([job, { ...job, queue: other.name }]);
      await world.handled(failing, [job, job, job]);
      await world.handled(runs, [job]);
      assert.deepEqual(await transport.deadLetters.list(other.name, { limit: 10 }), []);
    },
  },
];
