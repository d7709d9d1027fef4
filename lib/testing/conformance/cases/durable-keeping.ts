import assert from 'node:assert/strict';
import type { Delivery, Outcome } from '../../../extension.js';
import type { DurableCase } from '../durable-case.js';
import { dead, DONE, failed, failure, type Handling } from '../durable-runs.js';
import { AN_HOUR, RETRIED, RETRIED_LATER, retries, WIDE, type Gate } from '../durable-world.js';

/** What becomes of the jobs of a worker that does not answer; and the numbers of a queue. */
export const keeping: readonly DurableCase[] = [
  {
    name: 'a job that outlives its lease is aborted and runs again, and its late outcome changes nothing',
    async run(world) {
      const queue = world.queue();
      const gates = [world.gate(), world.gate()];
      // The first says that it is done, the second that the job is dead: whichever counts can be told.
      const outcomes: readonly Outcome[] = [DONE, dead('the second')];
      const deliveries: Delivery[] = [];
      const handle: Handling = async delivery => {
        const run = deliveries.push(delivery) - 1;
        await gates[run]?.opened;
        return outcomes[run] ?? DONE;
      };
      const transports = [await world.open(queue), await world.open(queue)];
      const first = await world.work(transports[0]!, queue, handle);
      const job = world.job(queue, { retry: RETRIED });
      await transports[0]!.store([job]);
      await world.until(() => first.all.length > 0, 'the job runs');
      const second = await world.work(transports[1]!, queue, handle);
      await world.loseLease(transports[0]!);
      await world.until(() => deliveries.length > 1, 'the job runs again', 4 * world.adapter.lease);
      assert.equal(deliveries[0]!.signal.aborted, true, 'The signal of the first run is not aborted.');
      assert.equal(deliveries[1]!.signal.aborted, false, 'The signal of the second run is aborted.');
      assert.equal(deliveries[1]!.id, job.id);
      assert.ok(deliveries[1]!.attempt > 1, `The second run says that it is attempt ${deliveries[1]!.attempt}.`);
      gates[0]!.open();
      await world.until(() => [...first.ended, ...second.ended].length > 0, 'the first run ends');
      await world.wait(Math.min(world.adapter.lease / 4, 300));
      assert.equal(await transports[0]!.deadLetters.get(queue.name, job.id), undefined);
      gates[1]!.open();
      await world.died(transports[0]!, [job]);
      const letter = await transports[0]!.deadLetters.get(queue.name, job.id);
      assert.deepEqual(letter?.reason, failure('the second'));
      await world.pause();
      assert.equal(deliveries.length, 2);
    },
  },
  {
    name: 'close aborts what runs, and another worker takes the job',
    async run(world) {
      const queue = world.queue();
      const [one, other] = [await world.open(queue), await world.open(queue)];
      const gate = world.gate();
      const runs = await world.work(one, queue, delivery => untilAborted(delivery, gate));
      const job = world.job(queue, { retry: retries(1) });
      await one.store([job]);
      await world.until(() => runs.all.length > 0, 'the job runs');
      await world.close(one);
      assert.equal(runs.all[0]!.delivery.signal.aborted, true, 'The signal is not aborted.');
      const others = await world.work(other, queue);
      await world.handled(others, [job], 2 * world.adapter.lease);
      assert.equal(runs.all.length, 1);
      assert.equal(await other.deadLetters.get(queue.name, job.id), undefined);
    },
  },
  {
    name: 'inspect tells the numbers of a queue',
    async run(world) {
      const queue = world.queue(WIDE);
      const transport = await world.open(queue);
      const numbers = async () => {
        const { handledLastMinute, oldest, ...counted } = await transport.inspect(queue.name);
        assert.ok(handledLastMinute === undefined || handledLastMinute >= 0);
        return { ...counted, hasOldest: oldest !== undefined };
      };
      const told = [await numbers()];
      const began = world.now();
      const poison = world.job(queue);
      await transport.store([poison, world.job(queue, { delay: AN_HOUR })]);
      await world.wait(5);
      await transport.store([world.job(queue)]);
      told.push(await numbers());
      world.since(began, (await transport.inspect(queue.name)).oldest, 'oldest');
      const gate = world.gate();
      await world.work(transport, queue, async ({ id }) => {
        if (id === poison.id) return dead();
        await gate.opened;
        return DONE;
      });
      const isSecond = async () => {
        const { active, dead: died } = await numbers();
        return active > 0 && died > 0;
      };
      await world.until(isSecond, 'the first job is dead, and the second runs');
      told.push(await numbers());
      gate.open();
      await world.until(async () => (await numbers()).active === 0, 'the second job ends');
      told.push(await numbers());
      const empty = { ready: 0, delayed: 0, active: 0, dead: 0, hasOldest: false };
      assert.deepEqual(told, [
        empty,
        { ...empty, ready: 2, delayed: 1, hasOldest: true },
        { ...empty, delayed: 1, active: 1, dead: 1 },
        { ...empty, delayed: 1, dead: 1 },
      ]);
    },
  },
  {
    name: 'inspect counts a job that waits for its next attempt as delayed',
    async run(world) {
      const queue = world.queue();
      const transport = await world.open(queue);
      const gate = world.gate();
      await world.work(transport, queue, async () => {
        await gate.opened;
        return failed();
      });
      await transport.store([world.job(queue, { retry: RETRIED_LATER })]);
      await world.until(async () => (await transport.inspect(queue.name)).active === 1, 'the job runs');
      gate.open();
      await world.until(async () => (await transport.inspect(queue.name)).delayed === 1, 'the job waits');
      const { ready, active, dead: died } = await transport.inspect(queue.name);
      assert.deepEqual({ ready, active, died }, { ready: 0, active: 0, died: 0 });
    },
  },
];

/** Ends when the engine takes the job away, as a handler should. */
async function untilAborted({ signal }: Delivery, { opened }: Gate): Promise<Outcome> {
  const aborted = new Promise<void>(resolve => signal.addEventListener('abort', () => resolve()));
  if (!signal.aborted) await Promise.race([aborted, opened]);
  return failed();
}
