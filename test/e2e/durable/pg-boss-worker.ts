import PgBoss10 from 'pg-boss-10';
import { PgBoss as PgBoss12 } from 'pg-boss';
import { pgBoss } from 'nestjs-cqrs/pg-boss';

/** A worker that takes the jobs of a queue, says so, and never ends one. */
const [major, connectionString, schema, name, lease] = process.argv.slice(2) as [
  string,
  string,
  string,
  string,
  string,
];
const boss = major === '10' ? new PgBoss10({ connectionString, schema }) : new PgBoss12({ connectionString, schema });
const transport = pgBoss(boss, { lease: Number(lease), poll: 100 });
const queue = { name, concurrency: 2, isKeyed: false };
await transport.open([queue], (problem, error) => console.error(problem, error));
await transport.work(queue, ({ id }) => {
  console.log(`taken ${id}`);
  return new Promise(() => undefined);
});
