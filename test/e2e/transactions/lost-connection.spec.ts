import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { Pool } from 'pg';
import { Command, CommandHandler, CqrsModule } from 'nestjs-cqrs';
import { Transactional } from 'nestjs-cqrs/extension';
import { start } from '../../support/application.js';
import { describeWithPostgres } from '../../support/postgres.js';
import { answerOf } from '../../support/program.js';
import { PgTransactions } from './pg-transactions.js';

@Transactional()
class Save extends Command {}

describeWithPostgres('A connection that is lost between two statements of a transaction', postgres => {
  it('fails the command, not the process, with PgTransactionalAdapter', async () => {
    const program = join(import.meta.dirname, 'lost-connection-program.ts');
    expect(await answerOf(program, [postgres.url])).toEqual({ outcome: 'failed', one: 1, connections: [1, 1, 0] });
  }, 60_000);

  it('fails the command, not the process, with the transactions of the documentation', async () => {
    const pool = new Pool({ connectionString: postgres.url, max: 2 });
    pool.on('error', () => undefined);
    const transactions = new PgTransactions(pool);

    @Injectable()
    class SaveHandler {
      @CommandHandler(Save)
      async save() {
        const { rows } = await transactions.client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
        await pool.query('SELECT pg_terminate_backend($1)', [rows[0]!.pid]);
        await sleep(100);
      }
    }

    const { commands } = await start({
      imports: [CqrsModule.forRoot({ unitOfWork: transactions })],
      providers: [SaveHandler],
    });
    await expect(commands.dispatch(new Save())).rejects.toThrow('not queryable');
    expect([pool.totalCount, pool.idleCount, pool.waitingCount]).toEqual([1, 1, 0]);
    await pool.end();
  });
});
