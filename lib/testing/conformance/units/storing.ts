import assert from 'node:assert/strict';
import { refuse, Refused, rejects, storing as engine, type UnitCase } from './case.js';
import { Told, Whole, Work } from './messages.js';

/** Messages that are stored in the transaction, and deliveries that are settled in it. */
export const storing: readonly UnitCase[] = [
  {
    name: 'what is enqueued and published is stored with the commit, and not at all with a rollback',
    without: engine,
    async run(world) {
      const [kept, failed] = [world.key(), world.key()];
      const place = (key: string, end: () => unknown) =>
        new Whole(async () => {
          await world.insert(key);
          await world.commands.enqueue(new Work(key));
          const { stored } = await world.events.publish(new Told(key), { onError: 'collect' });
          assert.deepEqual(stored, ['StoredHandlers.stored']);
          await world.pause();
          assert.deepEqual(world.phases(key), ['within'], 'It is handled before the commit.');
          return end();
        });
      await rejects(world.commands.execute(place(failed, refuse)), Refused);
      await world.commands.execute(place(kept, () => undefined));
      await world.until(() => world.hasRun(kept, 'work', 'stored'), 'both run');
      await world.pause();
      const isAfter = world.noted('work', kept).rows.includes(kept);
      assert.deepEqual({ isAfter, phases: world.phases(failed) }, { isAfter: true, phases: ['within'] });
    },
  },
  {
    name: 'a stored command is settled in its transaction: attempts that fail leave nothing behind',
    without: engine,
    async run(world) {
      const key = world.key();
      await world.commands.enqueue(new Work(key, 2));
      await world.until(() => world.phases(key).length === 3, 'three attempts');
      await world.until(async () => (await world.rows()).length > 0, 'the third is committed');
      await world.pause();
      const attempts = world.notes.map(({ phase, isInTransaction }) => ({ phase, isInTransaction }));
      const attempt = { phase: 'work', isInTransaction: true };
      assert.deepEqual([await world.rows(), attempts], [[`${key}, attempt`], [attempt, attempt, attempt]]);
    },
  },
];
