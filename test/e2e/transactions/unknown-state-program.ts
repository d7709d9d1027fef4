import { Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ClsPluginTransactional, TransactionHost } from '@nestjs-cls/transactional';
import { TransactionalAdapterDrizzleOrm } from '@nestjs-cls/transactional-adapter-drizzle-orm';
import { sql } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/node-postgres';
import { ClsModule } from 'nestjs-cls';
import { Command, CommandBus, CommandHandler, CqrsModule } from 'nestjs-cqrs';
import { Transactional, transactional } from 'nestjs-cqrs/transactional';

// A handler swallows the failure of a statement, and the library of the transaction does not tell how it is. Prints how the
// command ends, with and without the option `verify`. Called with the URL of PostgreSQL.

const [connectionString = ''] = process.argv.slice(2);
const database = drizzle(connectionString);
type Database = typeof database;

@Transactional()
class Save extends Command {
  constructor(readonly statement: string) {
    super();
  }
}

@Injectable()
class SaveHandler {
  constructor(private readonly host: TransactionHost<TransactionalAdapterDrizzleOrm<Database>>) {}

  @CommandHandler(Save)
  async save({ statement }: Save) {
    await this.host.tx.execute(sql.raw(statement)).catch(() => undefined);
  }
}

@Module({ providers: [{ provide: 'database', useValue: database }], exports: ['database'] })
class DatabaseModule {}

const adapter = new TransactionalAdapterDrizzleOrm({ drizzleInstanceToken: 'database' });

async function outcome(statement: string, verify: boolean): Promise<string> {
  const unitOfWork = transactional({
    verify,
    sql: transaction => ({ executeSql: text => (transaction as unknown as Database).execute(sql.raw(text)) }),
  });

  @Module({
    imports: [
      ClsModule.forRoot({ plugins: [new ClsPluginTransactional({ imports: [DatabaseModule], adapter })] }),
      CqrsModule.forRoot({ unitOfWork }),
    ],
    providers: [SaveHandler],
  })
  class AppModule {}

  const app = await NestFactory.createApplicationContext(AppModule, { logger: false, abortOnError: false });
  const ended = await app
    .get(CommandBus)
    .dispatch(new Save(statement))
    .then(
      () => 'saved',
      (error: unknown) => `failed: ${(error as Error).message}`,
    );
  await app.close();
  return ended;
}

const outcomes = {
  failed: await outcome('SELECT 1 / 0', true),
  well: await outcome('SELECT 1', true),
  unverified: await outcome('SELECT 1 / 0', false),
};
process.stdout.write(JSON.stringify(outcomes), () => process.exit());
