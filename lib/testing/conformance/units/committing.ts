import assert from 'node:assert/strict';
import { ending, failing, refuse, Refused, rejects, savepoints, type UnitCase } from './case.js';
import { Own, Part, Plain, Told, Whole } from './messages.js';

const EVERYWHERE = ['within', 'after', 'subscriber', 'saga'] as const;

/** Rows, commits, rollbacks, parts. */
export const committing: readonly UnitCase[] = [
  {
    name: 'a commit keeps the rows; handlers, subscribers and sagas run after it, outside of the transaction',
    async run(world) {
      const key = world.key();
      const result = await world.commands.execute(
        new Whole(async () => {
          await world.insert(key);
          await world.events.publish(new Told(key));
          assert.deepEqual(world.phases(key), ['within'], 'Handlers run before the commit.');
          return 'result';
        }),
      );
      await world.until(() => world.hasRun(key, ...EVERYWHERE), 'all have run');
      assert.equal(result, 'result');
      assert.deepEqual(await world.rows(), [key, `${key}, checked`]);
      for (const { phase, rows, isInTransaction } of world.notes) {
        assert.equal(isInTransaction, phase === 'within', `The handler ${phase} runs in the wrong place.`);
        assert.equal(rows.includes(key), phase !== 'within', `The handler ${phase} runs at the wrong time.`);
      }
    },
  },
  {
    name: 'a rollback keeps nothing, and nothing of it is published',
    async run(world) {
      const key = world.key();
      const command = new Whole(async () => {
        await world.insert(key);
        await world.events.publish(new Told(key));
        return refuse();
      });
      await rejects(world.commands.execute(command), Refused);
      await world.undone(key);
    },
  },
  {
    name: 'outside of a unit of work an event is handled at once',
    async run(world) {
      const key = world.key();
      await world.commands.execute(
        new Plain(async () => {
          await world.events.publish(new Told(key));
          assert.ok(world.hasRun(key, 'within', 'after'), 'They wait.');
        }),
      );
    },
  },
  {
    name: 'a nested command joins: one commit, after which the events of both are handled',
    async run(world) {
      const [outer, inner] = [world.key(), world.key()];
      const nested = new Whole(async () => {
        await world.insert(inner);
        await world.events.publish(new Told(inner));
      });
      await world.commands.execute(
        new Whole(async () => {
          await world.insert(outer);
          await world.events.publish(new Told(outer));
          await world.commands.execute(nested);
          assert.deepEqual([await world.rows(), world.phases(inner)], [[], ['within']]);
        }),
      );
      assert.deepEqual(await world.rows(), [outer, `${outer}, checked`, inner, `${inner}, checked`].toSorted());
      const after = world.called.filter(({ phase }) => phase === 'after').map(({ key }) => key);
      assert.deepEqual(after, [outer, inner]);
    },
  },
  {
    name: 'a nested command that fails dooms the outer one, even if its failure is swallowed',
    async run(world) {
      const key = world.key();
      const command = new Whole(async () => {
        await world.insert(key);
        await world.events.publish(new Told(key));
        await world.commands.execute(new Whole(refuse)).catch(() => undefined);
      });
      await rejects(world.commands.execute(command), 'CQRS_ROLLED_BACK');
      await world.undone(key);
    },
  },
  {
    name: 'a part in a savepoint fails alone: its rows and events are gone, those of the outer stay',
    without: savepoints,
    async run(world) {
      const [outer, failed, kept] = [world.key(), world.key(), world.key()];
      const part = (key: string, end: () => unknown) =>
        new Part(async () => {
          await world.insert(key);
          await world.events.publish(new Told(key));
          return end();
        });
      await world.commands.execute(
        new Whole(async () => {
          await world.insert(outer);
          await rejects(world.commands.execute(part(failed, refuse)), Refused);
          await world.commands.execute(part(kept, () => undefined));
          await world.events.publish(new Told(outer));
          assert.deepEqual(world.phases(kept), ['within'], 'The event of a part is handled before the commit.');
        }),
      );
      await world.until(() => world.hasRun(kept, ...EVERYWHERE), 'the saga has run');
      const rows = [outer, `${outer}, checked`, kept, `${kept}, checked`].toSorted();
      assert.deepEqual([await world.rows(), world.phases(failed)], [rows, ['within']]);
    },
  },
  {
    name: 'a part in a savepoint is gone if the outer one fails',
    without: savepoints,
    async run(world) {
      const key = world.key();
      const part = new Part(async () => {
        await world.insert(key);
        await world.events.publish(new Told(key));
      });
      const command = new Whole(async () => {
        await world.commands.execute(part);
        return refuse();
      });
      await rejects(world.commands.execute(command), Refused);
      await world.undone(key);
    },
  },
  {
    name: 'a unit of its own is kept, though the outer one fails',
    async run(world) {
      const [outer, own] = [world.key(), world.key()];
      let inside: readonly string[] = [];
      const command = new Whole(async () => {
        await world.insert(outer);
        await world.commands.execute(
          new Own(async () => {
            await world.insert(own);
          }),
        );
        inside = await world.rows();
        return refuse();
      });
      await rejects(world.commands.execute(command), Refused);
      assert.deepEqual({ inside, after: await world.rows() }, { inside: [own], after: [own] });
    },
  },
  {
    name: 'a statement that fails makes the commit fail, even if its failure is swallowed',
    without: failing,
    async run(world) {
      const key = world.key();
      const command = new Whole(async () => {
        await world.insert(key);
        await world.events.publish(new Told(key));
        await world.fail().catch(() => undefined);
      });
      await assert.rejects(world.commands.execute(command));
      await world.undone(key);
    },
  },
  {
    name: 'a handler that ends the transaction by hand fails, and no handler runs as after a commit',
    without: ending,
    async run(world) {
      for (const statement of ['ROLLBACK', 'COMMIT'] as const) {
        const key = world.key();
        const command = new Whole(async () => {
          await world.insert(key);
          await world.events.publish(new Told(key));
          await world.end(statement);
        });
        await assert.rejects(world.commands.execute(command), `It does not see ${statement}.`);
        await world.pause();
        // Stored with a COMMIT by hand.
        const phases = world.phases(key).filter(phase => phase !== 'stored');
        assert.deepEqual(phases, ['within']);
      }
    },
  },
  {
    name: 'a command whose caller has given up is rolled back',
    async run(world) {
      const key = world.key();
      const caller = new AbortController();
      const command = new Whole(async () => {
        await world.insert(key);
        caller.abort(new Refused('left'));
      });
      await rejects(world.commands.execute(command, { signal: caller.signal }), Refused);
      await world.pause();
      assert.deepEqual(await world.rows(), []);
    },
  },
];
