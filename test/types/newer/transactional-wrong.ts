import { ClsPluginTransactional, TransactionHost } from '@nestjs-cls/transactional';
import { Pool } from 'pg';
import { Command, CqrsModule } from 'nestjs-cqrs';
import { PgLocks, PgResults, PgTransactionalAdapter, Transactional, transactional } from 'nestjs-cqrs/transactional';

// @ts-expect-error: a propagation of nestjs-cls that a unit of work does not have
@Transactional({ propagation: 'MANDATORY' })
export class Wrong extends Command {}

// @ts-expect-error: the adapter of nestjs-cls is not a unit of work
CqrsModule.forRoot({ unitOfWork: new PgTransactionalAdapter({ poolToken: Pool }) });
// @ts-expect-error: a unit of work is not the plugin
new ClsPluginTransactional({ adapter: transactional() });
// @ts-expect-error: an option that does not exist
transactional({ connection: 'b' });
// @ts-expect-error: SQL gives rows
transactional({ sql: () => ({ executeSql: async () => [] }) });
// @ts-expect-error: the token of the pool is required
new PgTransactionalAdapter({});
// @ts-expect-error: a level that PostgreSQL does not have
new PgTransactionalAdapter({ poolToken: Pool, defaultTxOptions: { isolationLevel: 'snapshot' } });
// @ts-expect-error: the name of a table is a text
new PgResults({ table: 5 });
// @ts-expect-error: a misspelled option
new PgResults({ tabel: 'results' });
// @ts-expect-error: locks are not results
CqrsModule.forRoot({ policies: { results: new PgLocks() } });

export class Orders {
  constructor(private readonly host: TransactionHost<PgTransactionalAdapter<Pool>>) {}

  async wrong() {
    // @ts-expect-error: a transaction is not a pool
    await this.host.tx.connect();
    const { rows } = await this.host.tx.query<{ id: string }>('SELECT id FROM orders');
    // @ts-expect-error: rows have the columns that were said
    return rows[0]!.name as string;
  }
}
