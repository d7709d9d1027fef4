import assert from 'node:assert/strict';
import type { StoredSchedule } from '../../../extension.js';
import { scheduleRestarts, scheduleRuns, schedules, type DurableCase } from '../durable-case.js';
import { NO_RETRY, type DurableWorld } from '../durable-world.js';

const byName = (one: StoredSchedule, other: StoredSchedule): number => (one.name < other.name ? -1 : 1);

/** Messages that are stored again and again. */
export const scheduling: readonly DurableCase[] = [
  {
    name: 'schedules are set, listed, replaced and removed',
    without: schedules,
    async run(world) {
      const queue = world.queue();
      const store = (await world.open(queue)).schedules!;
      const others = (await world.open(queue)).schedules!;
      const yearly = schedule(world, queue.name, 'yearly: ünï', { cron: '0 3 1 1 *', timeZone: 'Europe/Berlin' });
      const weekly = schedule(world, queue.name, 'weekly', { cron: '30 2 * * 1', isDeclared: false });
      await store.set(yearly);
      await store.set(weekly);
      assert.deepEqual(await own(world, others.list()), [weekly, yearly].toSorted(byName));
      const replaced = { ...weekly, cron: '15 4 * * 2', retry: { ...NO_RETRY, limit: 3 }, isDeclared: true };
      await store.set(replaced);
      assert.deepEqual(await own(world, others.list()), [replaced, yearly].toSorted(byName));
      assert.equal(await others.remove(yearly.name), true);
      assert.equal(await store.remove(yearly.name), false, 'It was removed twice.');
      assert.deepEqual(await own(world, store.list()), [replaced]);
      assert.equal(await store.remove(weekly.name), true);
      assert.deepEqual(await own(world, store.list()), []);
    },
  },
  {
    name: 'a schedule runs, and each run is a job of its own; a removed one does not',
    without: scheduleRuns,
    async run(world) {
      const [queue, other] = [world.queue(), world.queue()];
      const transport = await world.open(queue, other);
      const store = transport.schedules!;
      const [kept, removed] = [schedule(world, queue.name, 'kept'), schedule(world, other.name, 'removed')];
      const runs = await world.work(transport, queue);
      const none = await world.work(transport, other);
      await store.set(kept);
      await store.set(removed);
      await store.remove(removed.name);
      // In real time, a second run takes another minute.
      const count = world.adapter.wait === undefined ? 1 : 2;
      const extra = count * world.adapter.scheduleRun!;
      await world.until(() => runs.all.length >= count, `the schedule runs ${count} times`, extra);
      await store.remove(kept.name);
      assert.equal(none.all.length, 0, 'A schedule runs that was removed.');
      assert.equal(new Set(runs.ids).size, runs.all.length, 'Two runs have one id.');
      for (const { delivery } of runs.all) {
        assert.deepEqual(delivery.data, kept.data);
        assert.deepEqual([delivery.attempt, delivery.attempts], [1, 1]);
      }
    },
  },
  {
    name: 'a schedule survives a restart of the engine',
    without: scheduleRestarts,
    async run(world) {
      const queue = world.queue();
      const transport = await world.open(queue);
      const yearly = schedule(world, queue.name, 'yearly', { cron: '0 3 1 1 *' });
      await transport.schedules!.set(yearly);
      await world.close(transport);
      await world.adapter.restart!();
      const store = (await world.open(queue)).schedules!;
      assert.deepEqual(await own(world, store.list()), [yearly]);
      await store.remove(yearly.name);
    },
  },
];

function schedule(
  { token }: DurableWorld,
  queue: string,
  name: string,
  change: Partial<StoredSchedule> = {},
): StoredSchedule {
  const data = { kind: 'command', envelope: { name }, enqueuedAt: 1 } as const;
  const fixed = { name: `${name} ${token}`, queue, data, retry: NO_RETRY };
  return { cron: '* * * * *', timeZone: 'UTC', isDeclared: true, ...fixed, ...change };
}

/** The schedules of this case, by name. */
async function own({ token }: DurableWorld, all: Promise<readonly StoredSchedule[]>): Promise<StoredSchedule[]> {
  return (await all).filter(({ name }) => name.endsWith(token)).toSorted(byName);
}
