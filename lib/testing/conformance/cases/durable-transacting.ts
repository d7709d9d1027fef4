import assert from 'node:assert/strict';
import type { Delivery, DurableTransport } from '../../../extension.js';
import { settling, transactions, type DurableCase } from '../durable-case.js';
import { DONE, failed } from '../durable-runs.js';
import { FEW, fresh, RETRIED, WIDE } from '../durable-world.js';

/** Jobs within transactions of the user. */
export const transacting: readonly DurableCase[] = [
  {
    name: 'a rollback stores nothing',
    without: transactions,
    async run(world) {
      const queue = world.queue();
      const transport = await world.open(queue);
      const runs = await world.work(transport, queue);
      const { transaction, rollback } = bound(await world.begin());
      const job = world.job(queue);
      await transport.store([job], transaction);
      await world.pause();
      assert.equal(runs.all.length, 0, 'A job of an open transaction is handled.');
      await rollback();
      await world.pause();
      assert.equal(runs.all.length, 0, 'A job that was rolled back is handled.');
      assert.deepEqual(await transport.store([job]), [fresh(job)]);
    },
  },
  {
    name: 'a commit stores the jobs, and they are handled after it',
    without: transactions,
    async run(world) {
      const queue = world.queue(WIDE);
      const transport = await world.open(queue);
      const runs = await world.work(transport, queue);
      const { transaction, commit } = bound(await world.begin());
      const jobs = world.jobs(FEW, queue);
      assert.deepEqual(await transport.store(jobs, transaction), jobs.map(fresh));
      await world.pause();
      assert.equal(runs.all.length, 0, 'A job of an open transaction is handled.');
      await commit();
      await world.handled(runs, jobs);
    },
  },
  {
    name: 'an effect and the end of a job are committed together',
    without: settling,
    async run(world) {
      const [queue, effects] = [world.queue(), world.queue()];
      const transport = await world.open(queue, effects);
      const results = await world.work(transport, effects);
      const effect = world.job(effects);
      const settled: unknown[] = [];
      const runs = await world.work(transport, queue, async delivery => {
        const { transaction, commit } = bound(await world.begin());
        await transport.store([effect], transaction);
        settled.push(await delivery.settleIn!(transaction));
        await commit();
        return DONE;
      });
      const job = world.job(queue, { retry: RETRIED });
      await transport.store([job]);
      await world.until(() => results.all.length > 0, 'the effect is there');
      await world.until(async () => (await transport.inspect(queue.name)).active === 0, 'the job has ended');
      await world.handled(runs, [job]);
      await world.handled(results, [effect]);
      assert.deepEqual(settled, [true]);
    },
  },
  {
    name: 'a rollback after settleIn undoes both, and the job is tried again',
    without: settling,
    async run(world) {
      const [queue, effects] = [world.queue(), world.queue()];
      const transport = await world.open(queue, effects);
      const results = await world.work(transport, effects);
      const runs = await world.work(transport, queue, async delivery => {
        const { transaction, commit, rollback } = bound(await world.begin());
        await transport.store([world.job(effects, { id: `effect-${delivery.attempt}` })], transaction);
        assert.equal(await delivery.settleIn!(transaction), true);
        await (delivery.attempt === 1 ? rollback() : commit());
        return delivery.attempt === 1 ? failed() : DONE;
      });
      const job = world.job(queue, { retry: RETRIED });
      await transport.store([job]);
      await world.handled(results, [{ id: 'effect-2' }]);
      await world.handled(runs, [job, job]);
    },
  },
  {
    name: 'settleIn returns false when another worker has handled the job',
    without: settling,
    async run(world) {
      const queue = world.queue();
      const transports = [await world.open(queue), await world.open(queue)];
      const gate = world.gate();
      const answers: boolean[] = [];
      const deliveries: Delivery[] = [];
      const handle = async (delivery: Delivery) => {
        if (deliveries.push(delivery) > 1) return DONE;
        await gate.opened;
        const { transaction, rollback } = bound(await world.begin());
        answers.push(await delivery.settleIn!(transaction));
        await rollback();
        return DONE;
      };
      const first = await world.work(transports[0]!, queue, handle);
      await transports[0]!.store([world.job(queue, { retry: RETRIED })]);
      await world.until(() => first.all.length > 0, 'the job runs');
      const second = await world.work(transports[1]!, queue, handle);
      await world.loseLease(transports[0]!);
      await world.until(() => deliveries.length > 1, 'the job runs again', 4 * world.adapter.lease);
      const isIdle = async (transport: DurableTransport) => (await transport.inspect(queue.name)).active === 0;
      await world.until(() => isIdle(transports[1]!), 'the second run ends');
      gate.open();
      await world.until(() => answers.length > 0, 'settleIn answers');
      assert.deepEqual(answers, [false]);
      assert.equal(first.all.length + second.all.length, 2);
    },
  },
];

interface Bound {
  readonly transaction: unknown;
  readonly commit: () => Promise<void>;
  readonly rollback: () => Promise<void>;
}

const bound = (begun: Bound): Bound => ({
  transaction: begun.transaction,
  commit: () => begun.commit(),
  rollback: () => begun.rollback(),
});
