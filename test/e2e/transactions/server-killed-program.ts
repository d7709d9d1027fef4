import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ClsPluginTransactional, TransactionHost } from '@nestjs-cls/transactional';
import { ClsModule } from 'nestjs-cls';
import { Pool } from 'pg';
import {
  Command,
  CommandBus,
  CommandHandler,
  CqrsModule,
  Durable,
  Event,
  EventBus,
  EventsHandler,
  Message,
} from 'nestjs-cqrs';
import { pgBoss } from 'nestjs-cqrs/pg-boss';
import { PgTransactionalAdapter, Transactional, transactional } from 'nestjs-cqrs/transactional';
import { pgBosses } from '../../support/pg-bosses.js';

// Handles commands in transactions until the table `stop` has a row, whatever happens to PostgreSQL. Prints what it was
// told of them. Called with the URL of PostgreSQL, and a schema.

const [connectionString = '', schema = ''] = process.argv.slice(2);
const pool = new Pool({
  connectionString,
  max: 12,
  connectionTimeoutMillis: 2_000,
  options: `-c search_path=${schema}`,
});
pool.on('error', () => undefined);

const RETRY = { limit: 1_000, delay: 100, backoff: false };

@Transactional()
class Save extends Command {
  constructor(readonly id: string) {
    super();
  }
}

@Message({ name: 'killed.work' })
@Transactional()
@Durable({ retry: RETRY })
class Work extends Command {
  constructor(readonly id: string) {
    super();
  }
}

@Message({ name: 'killed.saved' })
class Saved extends Event {
  constructor(readonly id: string) {
    super();
  }
}

const told = { done: [] as string[], failed: [] as string[], handled: [] as string[] };

@Injectable()
class Handlers {
  constructor(
    private readonly host: TransactionHost<PgTransactionalAdapter<Pool>>,
    private readonly commands: CommandBus,
    private readonly events: EventBus,
  ) {}

  @CommandHandler(Save)
  async save({ id }: Save) {
    await this.host.tx.query('INSERT INTO rows VALUES ($1)', [id]);
    await this.events.publish(new Saved(id));
    await this.commands.enqueue(new Work(id));
  }

  @CommandHandler(Work)
  async work({ id }: Work) {
    await this.host.tx.query('INSERT INTO effects VALUES ($1)', [`${id} work`]);
  }

  @EventsHandler(Saved)
  @Durable('killed.effect', { retry: RETRY })
  @Transactional()
  async effect({ id }: Saved) {
    await this.host.tx.query('INSERT INTO effects VALUES ($1)', [`${id} event`]);
  }

  @EventsHandler(Saved)
  saved({ id }: Saved) {
    told.handled.push(id);
  }
}

@Module({ providers: [{ provide: Pool, useValue: pool }], exports: [Pool] })
class DatabaseModule {}

const adapter = new PgTransactionalAdapter({ poolToken: Pool });
const transport = pgBoss(pgBosses[1]!.make(connectionString, `${schema}_boss`), { lease: 2_000, poll: 100 });

@Module({
  imports: [
    ClsModule.forRoot({ plugins: [new ClsPluginTransactional({ imports: [DatabaseModule], adapter })] }),
    CqrsModule.forRoot({ unitOfWork: transactional(), durable: { transport } }),
  ],
  providers: [Handlers],
})
class AppModule {}

const count = async (query: string) =>
  pool.query<{ count: number }>(`SELECT count(*)::integer AS count FROM ${query}`).then(
    ({ rows }) => rows[0]!.count,
    () => NaN,
  );

const app = await NestFactory.createApplicationContext(AppModule, { logger: false, abortOnError: false });
const commands = app.get(CommandBus);
const stop = new AbortController();
const sendOn = async () => {
  while (!stop.signal.aborted) {
    const id = randomUUID();
    const end = await commands.dispatch(new Save(id)).then(
      () => told.done,
      () => told.failed,
    );
    end.push(id);
    await sleep(10);
  }
};
const sending = Array.from({ length: 8 }, sendOn);
while (!((await count('stop')) > 0)) await sleep(50);
stop.abort();
await Promise.all(sending);
for (let left = 600; left > 0 && (await count('effects')) !== 2 * (await count('rows')); left--) await sleep(100);
await app.close();
process.stdout.write(JSON.stringify(told), () => process.exit());
