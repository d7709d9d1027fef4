import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ClsPluginTransactional, TransactionHost } from '@nestjs-cls/transactional';
import { ClsModule } from 'nestjs-cls';
import { Pool } from 'pg';
import { Command, CommandBus, CommandHandler, CqrsModule, Idempotent, Sequential } from 'nestjs-cqrs';
import { PgLocks, PgResults, PgTransactionalAdapter, Transactional, transactional } from 'nestjs-cqrs/transactional';

// One of several processes that charge the same accounts at once: docs/policies.md. Prints what its commands answered.
// Called with the URL of PostgreSQL.

const [connectionString = ''] = process.argv.slice(2);

@Module({
  providers: [{ provide: Pool, useFactory: () => new Pool({ connectionString, max: 20 }) }],
  exports: [Pool],
})
class DatabaseModule {}

// #region module
const results = new PgResults({ table: 'handled_commands' });

@Module({
  imports: [
    DatabaseModule,
    ClsModule.forRoot({
      plugins: [
        new ClsPluginTransactional({
          imports: [DatabaseModule],
          adapter: new PgTransactionalAdapter({ poolToken: Pool }),
        }),
      ],
    }),
    CqrsModule.forRoot({ unitOfWork: transactional(), policies: { results, locks: new PgLocks() } }),
  ],
})
class InfrastructureModule {
  constructor(private readonly pool: Pool) {}

  async onModuleInit() {
    await results.createTable(this.pool); // or put results.sql into a migration
  }
}
// #endregion

// #region command
@Transactional()
@Idempotent({ key: (command: Charge) => command.requestId })
@Sequential((command: Charge) => command.accountId)
class Charge extends Command<{ at: Date; left: number }> {
  constructor(
    readonly requestId: string,
    readonly accountId: string,
  ) {
    super();
  }
}
// #endregion

@CommandHandler(Charge)
class ChargeHandler {
  constructor(private readonly host: TransactionHost<PgTransactionalAdapter<Pool>>) {}

  async execute({ accountId }: Charge) {
    const { tx } = this.host;
    const { rows } = await tx.query<{ cents: number }>('SELECT cents FROM accounts WHERE id = $1', [accountId]);
    const left = rows[0]!.cents - 1;
    await tx.query('UPDATE accounts SET cents = $2 WHERE id = $1', [accountId, left]);
    return { at: new Date(), left };
  }
}

@Module({ imports: [InfrastructureModule], providers: [ChargeHandler] })
class AppModule {}

const app = await NestFactory.createApplicationContext(AppModule, { logger: ['error'], abortOnError: false });
const commands = app.get(CommandBus);
const answers = await Promise.all(
  Array.from({ length: 500 }, async (_, i) => {
    const { at, left } = await commands.execute(new Charge(`request ${i % 100}`, `${i % 10}`));
    return `${i % 100}: ${left}, ${at.toISOString()}`;
  }),
);
await app.close();
process.stdout.write(JSON.stringify([...new Set(answers)].toSorted()), () => process.exit());
