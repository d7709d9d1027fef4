import { Global, Module } from '@nestjs/common';
import { ClsPluginTransactional, TransactionHost, type TransactionalAdapter } from '@nestjs-cls/transactional';
import { TransactionalAdapterDrizzleOrm } from '@nestjs-cls/transactional-adapter-drizzle-orm';
import { TransactionalAdapterTypeOrm } from '@nestjs-cls/transactional-adapter-typeorm';
import { sql } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/node-postgres';
import { ClsModule } from 'nestjs-cls';
import { Pool } from 'pg';
import { DataSource } from 'typeorm';
import { pgBoss } from 'nestjs-cqrs/pg-boss';
import { unitOfWorkConformance } from 'nestjs-cqrs/testing';
import { PgTransactionalAdapter, transactional } from 'nestjs-cqrs/transactional';
import { newSchema, pgBosses } from '../../support/pg-bosses.js';

// Runs the suite of units of work over one library, and prints how each case ended. Called with the library, and the URL
// of PostgreSQL.

const [library = '', connectionString = ''] = process.argv.slice(2);
const schema = newSchema();
const pool = new Pool({ connectionString, max: 9, connectionTimeoutMillis: 10_000 });
pool.on('error', () => undefined);
await pool.query(`CREATE SCHEMA ${schema}; CREATE TABLE ${schema}.rows (text text PRIMARY KEY)`);

const INSERT = `INSERT INTO ${schema}.rows VALUES ($1) ON CONFLICT DO NOTHING`;

interface Library {
  readonly connection: unknown;
  readonly adapter: TransactionalAdapter<any, any, any>;
  insert(transaction: never, row: string): Promise<unknown>;
  run(transaction: never, statement: string): Promise<unknown>;
}

const TOKEN = 'connection';

const libraries: Record<string, () => Promise<Library>> = {
  async pg() {
    return {
      connection: pool,
      adapter: new PgTransactionalAdapter<Pool>({ poolToken: TOKEN }),
      insert: (client: Pool, row) => client.query(INSERT, [row]),
      run: (client: Pool, statement) => client.query(statement),
    };
  },
  async drizzle() {
    const database = drizzle({ client: pool });
    return {
      connection: database,
      adapter: new TransactionalAdapterDrizzleOrm({ drizzleInstanceToken: TOKEN }),
      insert: (given: typeof database, row) =>
        given.execute(sql`INSERT INTO ${sql.raw(schema)}.rows VALUES (${row}) ON CONFLICT DO NOTHING`),
      run: (given: typeof database, statement) => given.execute(sql.raw(statement)),
    };
  },
  async typeorm() {
    const source = await new DataSource({ type: 'postgres', url: connectionString, poolSize: 9 }).initialize();
    return {
      connection: source,
      adapter: new TransactionalAdapterTypeOrm({ dataSourceToken: TOKEN }),
      insert: (manager: Pick<DataSource, 'query'>, row) => manager.query(INSERT, [row]),
      run: (manager: Pick<DataSource, 'query'>, statement) => manager.query(statement),
    };
  },
};

const { connection, adapter, insert, run: runOn } = await libraries[library]!();

@Global()
@Module({ providers: [{ provide: TOKEN, useValue: connection }], exports: [TOKEN] })
class ConnectionModule {}

const { cases } = unitOfWorkConformance({
  name: library,
  hasSavepoints: true,
  imports: [ConnectionModule, ClsModule.forRoot({ global: true, plugins: [new ClsPluginTransactional({ adapter })] })],
  transactions: () => transactional(),
  insert: (row, application) => insert(application.get(TransactionHost, { strict: false }).tx as never, row),
  fail: application => runOn(application.get(TransactionHost, { strict: false }).tx as never, 'SELECT 1 / 0'),
  end: (statement, application) => runOn(application.get(TransactionHost, { strict: false }).tx as never, statement),
  rows: async () => (await pool.query<{ text: string }>(`SELECT text FROM ${schema}.rows`)).rows.map(row => row.text),
  durable: () => pgBoss(pgBosses[0]!.make(connectionString, `${schema}_boss`), { poll: 50 }),
});

const ends: Record<string, string> = {};
for (const { name, skipped, run } of cases)
  ends[name] =
    skipped ??
    (await run().then(
      () => 'passed',
      (error: Error) => `failed: ${error.stack}`,
    ));
process.stdout.write(JSON.stringify(ends), () => process.exit());
