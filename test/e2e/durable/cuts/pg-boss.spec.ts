import PgBoss10 from 'pg-boss-10';
import { PgBoss as PgBoss12 } from 'pg-boss';
import { pgBoss, type AnyPgBoss } from 'nestjs-cqrs/pg-boss';
import { escaped } from '../../../support/escaped-rejections.js';
import { newSchema } from '../../../support/pg-bosses.js';
import { describeWithPostgres } from '../../../support/postgres.js';
import { postgresProtocol } from '../../../support/wire-protocols.js';
import { cutEverywhere, WAYS } from './cases.js';

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

    it.each(WAYS)(
      'loses no message where the $what is cut $side it',
      async way => {
        const { hostname, port } = new URL(postgres.url);
        const make = (host: string, through: number) => {
          const connectionString = `postgres://postgres@${host}:${through}/postgres`;
          const options = { connectionString, schema, max: 2, supervise: false, schedule: false };
          return pgBoss(boss.make(options), { lease: LEASE, poll: 100 });
        };
        const engine = { host: hostname, port: Number(port), protocol, lease: LEASE, isKeyed, make };
        const { wrong, cuts } = await cutEverywhere(engine, way, isStore);
        expect(wrong).toEqual([]);
        expect(cuts).toBeGreaterThan(10);
        expect(escaped).toEqual([]);
      },
      120_000,
    );
  });
});
