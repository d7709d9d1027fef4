import { randomUUID } from 'node:crypto';
import { Injectable, Module } from '@nestjs/common';
import { ClsPluginTransactional, TransactionHost } from '@nestjs-cls/transactional';
import { ClsModule } from 'nestjs-cls';
import { Pool } from 'pg';
import { Command, CommandBus, CommandHandler, CqrsModule, Durable, Message } from 'nestjs-cqrs';
import { pgBoss } from 'nestjs-cqrs/pg-boss';
import { PgTransactionalAdapter, Transactional, transactional } from 'nestjs-cqrs/transactional';
import { NestFactory } from '@nestjs/core';
import { newBoss, ownName, RETRY, storedJson } from './durable-bare.mjs';
import { postgresUrl } from './durable-places.mjs';
import { inFlight } from './callers.mjs';
import { PAYLOADS } from './remote-messages.mjs';

/** As for messages between processes: half a second of it is not enough for the compiler of V8. */
const WARM_UP = 10_000;

let shared;

/**
 * One for all sides: with one caller a pool gives the same connection again and again, and whether its server process runs
 * on the core of this process or on another one makes 110 µs or 250 of the same work.
 */
const sharedPool = async () => (shared ??= new Pool({ connectionString: await postgresUrl(), max: 20 }));

async function database() {
  const schema = ownName();
  const pool = await sharedPool();
  await pool.query(`CREATE SCHEMA ${schema};
    CREATE TABLE ${schema}.orders (id text PRIMARY KEY, item text);
    CREATE TABLE ${schema}.outbox (id uuid PRIMARY KEY, data jsonb NOT NULL, created_at timestamptz DEFAULT now())`);
  return { schema, pool, insert: `INSERT INTO ${schema}.orders VALUES ($1, $2)` };
}

/** A row, and what `store` does, in one transaction. */
const inTransaction =
  ({ pool, insert }, store) =>
  async () => {
    const client = await pool.connect();
    try {
      await client.query('BEGIN');
      await client.query(insert, [randomUUID(), 'lamp']);
      await store(client);
      await client.query('COMMIT');
    } catch (error) {
      await client.query('ROLLBACK');
      throw error;
    } finally {
      client.release();
    }
  };

/** A row, and a message in an outbox, whose table has one index. */
async function byHand() {
  const place = await database();
  const text = `INSERT INTO ${place.schema}.outbox (id, data) VALUES ($1, $2)`;
  return inTransaction(place, client => client.query(text, [randomUUID(), JSON.stringify(storedJson())]));
}

/** A row, and a job of pg-boss: the same rows in the same tables as ours. */
async function byHandWithJob() {
  const place = await database();
  const boss = await newBoss();
  await boss.start();
  await boss.createQueue('bench.store', { name: 'bench.store', policy: 'standard' });
  const job = { name: 'bench.store', retryLimit: RETRY.limit, retryDelay: RETRY.delay / 1000, retryBackoff: true };
  return inTransaction(place, client =>
    boss.insert([{ ...job, id: randomUUID(), data: storedJson() }], {
      db: { executeSql: (text, values) => client.query(text, values) },
    }),
  );
}

/** A row alone. */
const byHandAlone = async () => inTransaction(await database(), () => undefined);

class Place extends Command {}
Transactional()(Place);

class Store extends Command {
  constructor(fields) {
    super();
    Object.assign(this, fields);
  }
}
Message({ name: 'bench.store' })(Store);
Durable()(Store);

/** A command that writes the row and, unless it is alone, enqueues the message, in its unit of work. */
async function ours({ isAlone = false, prepare = false } = {}) {
  const { pool, insert } = await database();
  const boss = await newBoss();
  class DatabaseModule {}
  Module({ providers: [{ provide: 'POOL', useValue: pool }], exports: ['POOL'] })(DatabaseModule);
  class Handlers {
    async place() {
      await host.tx.query(insert, [randomUUID(), 'lamp']);
      if (!isAlone) await commands.enqueue(new Store(PAYLOADS['5 fields']));
    }
    async store() {}
  }
  Injectable()(Handlers);
  for (const [type, method] of [
    [Place, 'place'],
    [Store, 'store'],
  ])
    CommandHandler(type)(Handlers.prototype, method, Object.getOwnPropertyDescriptor(Handlers.prototype, method));
  class BenchModule {}
  const adapter = new PgTransactionalAdapter({ poolToken: 'POOL' });
  Module({
    imports: [
      ClsModule.forRoot({ plugins: [new ClsPluginTransactional({ imports: [DatabaseModule], adapter })] }),
      CqrsModule.forRoot({
        unitOfWork: transactional(),
        durable: { transport: pgBoss(boss, { prepare }), work: false },
      }),
    ],
    providers: [Handlers],
  })(BenchModule);
  const app = await NestFactory.createApplicationContext(BenchModule, { logger: ['error'] });
  const [host, commands] = [app.get(TransactionHost, { strict: false }), app.get(CommandBus)];
  return () => commands.dispatch(new Place());
}

const sides = (count, all) =>
  Object.fromEntries(
    Object.entries(all).map(([name, newSide]) => [name, async () => inFlight(count, await newSide(), WARM_UP)]),
  );

/** @param count callers, each of which awaits its call */
export const transactions = count =>
  sides(count, {
    'by hand, a table of its own': byHand,
    'by hand, boss.insert': byHandWithJob,
    'nestjs-cqrs': () => ours(),
    'nestjs-cqrs, prepare: true': () => ours({ prepare: true }),
  });

/** The same without a message. */
export const rowAlone = count => sides(count, { 'by hand': byHandAlone, 'nestjs-cqrs': () => ours({ isAlone: true }) });
