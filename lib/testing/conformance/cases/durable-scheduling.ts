import assert from 'node:assert/strict';
import type { ScheduleStore, StoredSchedule } from '../../../extension.js';
import { scheduleRestarts, scheduleRuns, schedules, type DurableCase } from '../durable-case.js';
import { NO_RETRY, payload, type DurableWorld } from '../durable-world.js';

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
      const replaced = { ...weekly, cron: '15 4 * * 2', retry: { ...NO_RETRY, limit: 3 }, isDeclared: true };
      await store.set(yearly);
      await store.set(weekly);
      const lists = [await own(world, others)];
      await store.set(replaced);
      lists.push(await own(world, others));
      const removed = [await others.remove(yearly.name), await store.remove(yearly.name)];
      lists.push(await own(world, store));
      removed.push(await store.remove(weekly.name));
      lists.push(await own(world, store));
      assert.deepEqual(lists, [[weekly, yearly], [replaced, yearly], [replaced], []].map(byName));
      assert.deepEqual(removed, [true, false, true], 'What remove() answers.');
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
        const { data, attempt, attempts } = delivery;
        assert.deepEqual({ data, attempt, attempts }, { data: kept.data, attempt: 1, attempts: 1 });
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
      assert.deepEqual(await own(world, store), byName([yearly]));
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
  const fixed = { name: `${name} ${token}`, queue, data: payload({ name }), retry: NO_RETRY };
  return { cron: '* * * * *', timeZone: 'UTC', isDeclared: true, ...fixed, ...change };
}

const byName = (all: readonly StoredSchedule[]): readonly StoredSchedule[] =>
  all.toSorted((one, other) => (one.name < other.name ? -1 : 1));

/** The schedules of this case. */
const own = async ({ token }: DurableWorld, store: ScheduleStore) =>
  byName((await store.list()).filter(({ name }) => name.endsWith(token)));
