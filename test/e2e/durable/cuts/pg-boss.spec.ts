import { randomUUID } from 'node:crypto';
import { Client } from 'pg';
import PgBoss10 from 'pg-boss-10';
import { PgBoss as PgBoss12 } from 'pg-boss';
import { pgBoss, type AnyPgBoss } from 'nestjs-cqrs/pg-boss';
import { escaped } from '../../../support/escaped-rejections.js';
import { newSchema } from '../../../support/pg-bosses.js';
import { describeWithPostgres } from '../../../support/postgres.js';
import { postgresProtocol } from '../../../support/wire-protocols.js';
import { eventually, queueOf, working } from '../durable-runs.js';
import { cutEverywhere, WAYS } from './cases.js';
import { dyingWithin, yearly } from './dying.js';

const LEASE = 1000;

/** A statement by its first words: names of queues and schemas are others in each run. */
const kindOf = (sql: string): string =>
  sql
    .trim()
    .replaceAll(/\s+/g, ' ')
    .replaceAll(/cqrs_\w+\./g, '')
    .replace(/'cqrs\..*/, '')
    .slice(0, 100);

/** Of several messages, and of one. */
const isStore = (kind: string): boolean => kind.startsWith('WITH clock') || kind.startsWith('INSERT INTO job');

const make12 = (options: object) => new PgBoss12(options as never) as AnyPgBoss;

const bosses = [
  { title: 'version 10', isKeyed: false, make: (options: object) => new PgBoss10(options as never) as AnyPgBoss },
  { title: 'version 12', isKeyed: false, make: make12 },
  { title: 'version 12, messages of one key', isKeyed: true, make: make12 },
];

describeWithPostgres('pg-boss, cut at each statement', postgres => {
  describe.each(bosses)('$title', ({ isKeyed, ...boss }) => {
    const schema = newSchema();
    const protocol = postgresProtocol(kindOf);

    const engineOf = () => {
      const { hostname, port } = new URL(postgres.url);
      const make = (host: string, through: number) => {
        const connectionString = `postgres://postgres@${host}:${through}/postgres`;
        const options = { connectionString, schema, max: 2, supervise: false, schedule: false };
        return pgBoss(boss.make(options), { lease: LEASE, poll: 100 });
      };
      return { host: hostname, port: Number(port), protocol, lease: LEASE, isKeyed, make };
    };

    it.each(WAYS)(
      'loses no message where the $what is cut $side it',
      async way => {
        const { wrong, cuts } = await cutEverywhere(engineOf(), way, isStore);
        expect(wrong).toEqual([]);
        expect(cuts).toBeGreaterThan(10);
        expect(escaped).toEqual([]);
      },
      120_000,
    );

    it.each(['before', 'after'] as const)(
      'leaves nothing of a schedule that is removed where the process dies %s its runs that are due are deleted',
      async side => {
        const queue = { ...queueOf(), isKeyed };
        const [removed, kept] = [
          yearly(`removed-${randomUUID()}`, queue),
          yearly(`kept-${randomUUID()}`, queue, 'bob'),
        ];
        await dyingWithin(engineOf(), {
          queues: [queue],
          cut: { side, kind: "DELETE FROM job WHERE name = $1 AND state < 'active'" },
          prepare: async first => {
            for (const each of [removed, kept]) await first.set(each);
            await isDue(removed.name, kept.name);
          },
          call: first => first.remove(removed.name),
          look: async second => {
            const schedules = second.schedules!;
            const names = async () => (await schedules.list()).map(({ name }) => name);
            expect(await names()).not.toContain(removed.name);
            await schedules.set(yearly(removed.name, queue, 'eve'));
            const deliveries = await working(second, queue);
            await eventually(
              () => second.inspect(queue.name),
              ({ handledLastMinute }) => handledLastMinute! > 0,
            );
            expect(deliveries.map(({ data }) => data)).toEqual([kept.data]);
            for (const { name } of [removed, kept]) await schedules.remove(name);
          },
        });
      },
    );

    /** As where a process of pg-boss has stored a run of each. */
    async function isDue(...names: string[]): Promise<void> {
      const client = new Client(postgres.url);
      await client.connect();
      const insert = `INSERT INTO ${schema}.job (id, name, data) SELECT gen_random_uuid(), name, data FROM ${schema}.schedule`;
      await client.query(`${insert} WHERE name = ANY($1)`, [names.map(name => `cqrs-schedules.${name}`)]);
      await client.end();
    }
  });
});
