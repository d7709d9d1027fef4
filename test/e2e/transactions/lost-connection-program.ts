import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ClsPluginTransactional, TransactionHost } from '@nestjs-cls/transactional';
import { ClsModule } from 'nestjs-cls';
import { Pool } from 'pg';
import { Command, CommandBus, CommandHandler, CqrsModule } from 'nestjs-cqrs';
import { PgTransactionalAdapter, Transactional, transactional } from 'nestjs-cqrs/transactional';

// The server ends the connection of a transaction while its handler does something else. Prints what was left. Called
// with the URL of PostgreSQL.

const [connectionString = ''] = process.argv.slice(2);
const pool = new Pool({ connectionString, max: 2 });
pool.on('error', () => undefined);

@Transactional()
class Save extends Command {}

@Injectable()
class SaveHandler {
  constructor(private readonly host: TransactionHost<PgTransactionalAdapter<Pool>>) {}

  @CommandHandler(Save)
  async save() {
    const { rows } = await this.host.tx.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    await pool.query('SELECT pg_terminate_backend($1)', [rows[0]!.pid]);
    await sleep(100);
  }
}

@Module({ providers: [{ provide: Pool, useValue: pool }], exports: [Pool] })
class DatabaseModule {}

const adapter = new PgTransactionalAdapter({ poolToken: Pool });

@Module({
  imports: [
    ClsModule.forRoot({ plugins: [new ClsPluginTransactional({ imports: [DatabaseModule], adapter })] }),
    CqrsModule.forRoot({ unitOfWork: transactional() }),
  ],
  providers: [SaveHandler],
})
class AppModule {}

const app = await NestFactory.createApplicationContext(AppModule, { logger: false, abortOnError: false });
const outcome = await app
  .get(CommandBus)
  .dispatch(new Save())
  .then(
    () => 'saved',
    () => 'failed',
  );
const answer = await pool.query<{ one: number }>('SELECT 1 AS one');
const left = { outcome, one: answer.rows[0]!.one, connections: [pool.totalCount, pool.idleCount, pool.waitingCount] };
process.stdout.write(JSON.stringify(left), () => process.exit());
