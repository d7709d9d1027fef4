import assert from 'node:assert/strict';
import { AggregateRoot, MessageContext } from '../../../index.js';
import { within } from '../journal.js';
import { refuse, Refused, rejects, type UnitCase } from './case.js';
import { Own, Plain, tenant, Told, Whole } from './messages.js';

class Order extends AggregateRoot {
  place(key: string): void {
    this.apply(new Told(key));
  }
}

/** Units of work that run at once: while each holds its transaction, another connection reads the rows. */
const TOGETHER = 8;

/** In milliseconds. */
const PATIENCE = 20_000;

/** Events: when they are handled, and in which context. */
export const delivering: readonly UnitCase[] = [
  {
    name: 'an aggregate that commits within a unit of work publishes after its commit',
    async run(world) {
      const key = world.key();
      const order = Object.assign(new Order(), { publishAll: (events: object[]) => world.events.publishAll(events) });
      order.autoCommit = false;
      await world.commands.execute(
        new Whole(async () => {
          order.place(key);
          await order.commit();
          assert.deepEqual([order.getUncommittedEvents(), world.phases(key)], [[], ['within']]);
        }),
      );
      assert.ok(world.phases(key).includes('after'));
    },
  },
  {
    name: 'a handler in the transaction that fails rolls back, even if its failure is swallowed',
    async run(world) {
      for (const isSwallowed of [false, true]) {
        const key = world.key();
        const command = new Whole(async () => {
          await world.insert(key);
          const published = world.events.publish(new Told(key, 'in the transaction'));
          await (isSwallowed ? published.catch(() => undefined) : published);
        });
        await assert.rejects(world.commands.execute(command), isSwallowed ? { code: 'CQRS_ROLLED_BACK' } : Error);
        await world.undone(key);
      }
    },
  },
  {
    name: 'a handler that fails after the commit is reported; the command has succeeded',
    async run(world) {
      const key = world.key();
      const command = new Whole(async () => {
        await world.insert(key);
        await world.events.publish(new Told(key, 'after the commit'), { onError: 'throw' });
        return 'done';
      });
      assert.equal(await world.commands.execute(command), 'done');
      assert.deepEqual(await world.rows(), [key, `${key}, checked`]);
      assert.deepEqual(
        world.reported.map(({ exception }) => String(exception)),
        ['Error: after the commit'],
      );
    },
  },
  {
    name: 'publish tells which handlers wait for the commit',
    async run(world) {
      const key = world.key();
      await world.commands.execute(
        new Whole(async () => {
          const { handled, held, failures } = await world.events.publish(new Told(key), { onError: 'collect' });
          assert.deepEqual(
            { handled, held, failures },
            { handled: ['UnitHandlers.within'], held: ['UnitHandlers.after'], failures: [] },
          );
        }),
      );
    },
  },
  {
    name: 'units of work that run at once do not mix',
    async run(world) {
      const keys = Array.from({ length: TOGETHER }, () => world.key());
      const results = keys.map((key, index) =>
        world.commands.execute(
          new Whole(async () => {
            await world.insert(key);
            await world.events.publish(new Told(key));
            await new Promise(resolve => setImmediate(resolve));
            if (index % 2 === 1) refuse();
          }),
        ),
      );
      const what = `${TOGETHER} units of work end, which need ${TOGETHER} connections at once, and another one for rows()`;
      const ends = await within(Promise.allSettled(results), PATIENCE, what);
      for (const end of ends) if (end.status === 'rejected' && !(end.reason instanceof Refused)) throw end.reason;
      const kept = keys.filter((_, index) => index % 2 === 0);
      assert.deepEqual(await world.rows(), kept.flatMap(key => [key, `${key}, checked`]).toSorted());
      const after = world.notes.filter(({ phase }) => phase === 'after').map(({ key }) => key);
      assert.deepEqual(after.toSorted(), kept.toSorted());
    },
  },
  {
    name: 'a unit of work that is tried again begins with nothing',
    async run(world) {
      const [failed, kept] = [world.key(), world.key()];
      const attempt = (key: string, end: () => unknown) =>
        new Whole(async () => {
          await world.insert(key);
          await world.events.publish(new Told(key));
          return end();
        });
      await world.commands.execute(
        new Plain(async () => {
          await rejects(world.commands.execute(attempt(failed, refuse)), Refused);
          await world.commands.execute(attempt(kept, () => undefined));
        }),
      );
      assert.deepEqual(await world.rows(), [kept, `${kept}, checked`]);
      assert.deepEqual([world.phases(failed), world.phases(kept).includes('after')], [['within'], true]);
    },
  },
  {
    name: 'each phase has the context of its cause; after the commit in the asynchronous context of the opener',
    async run(world) {
      const key = world.key();
      let cause: MessageContext | undefined;
      const command = new Whole(async context => {
        cause = context;
        await world.tenants.run('of the handler', () => world.events.publish(new Told(key)));
      });
      await world.tenants.run('of the caller', () =>
        world.commands.execute(command, { headers: tenant.of('acme'), correlationId: `request ${key}` }),
      );
      await world.until(() => world.phases(key).includes('saga'), 'the saga has run');
      const told = (['within', 'after', 'saga'] as const).map(phase => {
        const { context, tenant: current } = world.noted(phase, key);
        const { messageId, correlationId, causationId } = context!;
        return { phase, messageId, correlationId, causationId, header: context!.header(tenant), current };
      });
      const messageId = told[0]!.messageId;
      const same = { correlationId: `request ${key}`, header: 'acme' };
      assert.deepEqual(told, [
        { phase: 'within', messageId, causationId: cause!.messageId, current: 'of the handler', ...same },
        { phase: 'after', messageId, causationId: cause!.messageId, current: 'of the caller', ...same },
        { phase: 'saga', messageId: told[2]!.messageId, causationId: messageId, current: told[2]!.current, ...same },
      ]);
    },
  },
  {
    name: 'MessageContext.current() is that of the handler that runs, before the commit and after it',
    async run(world) {
      const key = world.key();
      const current: unknown[] = [];
      const look = () => current.push(MessageContext.find()?.handler.name);
      world.events.subscribe(() => look());
      await world.commands.execute(
        new Whole(async () => {
          await world.events.publish(new Told(key));
          look();
        }),
      );
      look();
      assert.deepEqual([current[0], current.at(-1)], ['UnitHandlers.whole', undefined]);
    },
  },
  {
    name: 'what a handler publishes after the commit is handled at once; its own unit of work is another',
    async run(world) {
      const [first, second] = [world.key(), world.key()];
      const subscription = world.events.subscribe(() => {
        assert.equal(world.isInTransaction, false);
        void world.commands.execute(new Own(() => world.insert(second)));
      });
      await world.commands.execute(new Whole(() => world.events.publish(new Told(first))));
      await world.until(async () => (await world.rows()).includes(second), 'the second unit is committed');
      subscription.unsubscribe();
    },
  },
  {
    name: 'work that goes on after the end of its unit of work belongs to none',
    async run(world) {
      const key = world.key();
      let end: (() => void) | undefined;
      let late: Promise<unknown> | undefined;
      await world.commands.execute(
        new Whole(async () => {
          late = new Promise<void>(resolve => (end = resolve)).then(() => world.events.publish(new Told(key)));
        }),
      );
      end!();
      await late;
      assert.ok(world.hasRun(key, 'within', 'after'), 'They wait.');
    },
  },
];
