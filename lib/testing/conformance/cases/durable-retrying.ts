import assert from 'node:assert/strict';
import type { DurableCase } from '../durable-case.js';
import { dead, DONE, failed } from '../durable-runs.js';
import { retries } from '../durable-world.js';

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
      const died = async () => (await transport.deadLetters.get(queue.name, job.id)) !== undefined;
      await world.until(died, 'the job is dead', 4 * DELAY);
      await world.pause();
      assert.equal(runs.all.length, 3);
      for (const gap of runs.gaps) world.atLeast(gap, DELAY, 'from one attempt to the next');
    },
  },
  {
    name: 'a job that succeeds is not tried again',
    async run(world) {
      const queue = world.queue();
      const transport = await world.open(queue);
      const runs = await world.work(transport, queue, ({ attempt }) => (attempt === 1 ? failed() : DONE));
      const job = world.job(queue, { retry: retries(5) });
      await transport.store([job]);
      await world.until(() => runs.ended.length > 1, 'the job succeeds');
      await world.pause();
      assert.equal(runs.all.length, 2);
      assert.equal(await transport.deadLetters.get(queue.name, job.id), undefined);
    },
  },
  {
    name: 'backoff makes the delay grow',
    async run(world) {
      const queue = world.queue();
      const transport = await world.open(queue);
      const runs = await world.work(transport, queue, ({ attempt }) => (attempt <= 3 ? failed() : DONE));
      const retry = { limit: 3, delay: DELAY, backoff: true, maxDelay: 60_000 };
      await transport.store([world.job(queue, { retry })]);
      await world.until(() => runs.ended.length > 3, 'there are four attempts', 16 * DELAY);
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
      await transport.store([world.job(queue, { retry: retries(4) })]);
      await world.until(() => runs.ended.length > 2, 'there are three attempts');
      assert.deepEqual(
        runs.all.map(({ delivery: { attempt, attempts, lastFailure } }) => [attempt, attempts, lastFailure]),
        [
          [1, 5, undefined],
          [2, 5, { name: 'ConformanceError', message: 'no 1' }],
          [3, 5, { name: 'ConformanceError', message: 'no 2' }],
        ],
      );
    },
  },
  {
    name: 'a job that is dead is not tried again, whatever its policy says',
    async run(world) {
      const queue = world.queue();
      const transport = await world.open(queue);
      const runs = await world.work(transport, queue, () => dead('no such mailbox'));
      const job = world.job(queue, { retry: retries(5) });
      await transport.store([job]);
      const found = async () => (await transport.deadLetters.get(queue.name, job.id)) !== undefined;
      await world.until(found, 'the job is dead');
      await world.pause();
      assert.equal(runs.all.length, 1);
    },
  },
  {
    name: 'a job that always fails does not block a queue of concurrency 1',
    async run(world) {
      const queue = world.queue();
      const transport = await world.open(queue);
      const poison = world.job(queue, { retry: retries(1, 60_000) });
      const runs = await world.work(transport, queue, ({ id }) => (id === poison.id ? failed() : DONE));
      await transport.store([poison]);
      await world.until(() => runs.ended.length > 0, 'the job fails');
      const others = world.jobs(3, queue);
      await transport.store(others);
      await world.until(() => others.every(({ id }) => runs.of(id).length > 0), 'the jobs after it are handled');
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
      await world.until(() => failing.ended.length > 2 && runs.ended.length > 0, 'both jobs are handled');
      await world.pause();
      assert.deepEqual([failing.all.length, runs.all.length], [3, 1]);
      assert.deepEqual(await transport.deadLetters.list(other.name, { limit: 10 }), []);
    },
  },
];
