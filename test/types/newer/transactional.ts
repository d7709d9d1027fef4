import { ClsPluginTransactional, TransactionHost } from '@nestjs-cls/transactional';
import { TransactionalAdapterDrizzleOrm } from '@nestjs-cls/transactional-adapter-drizzle-orm';
import { TransactionalAdapterTypeOrm } from '@nestjs-cls/transactional-adapter-typeorm';
import { Pool } from 'pg';
import { Command, CqrsModule, type PolicyOptions } from 'nestjs-cqrs';
import type { LockStore, ResultStore, Transactions as Port } from 'nestjs-cqrs/extension';
import {
  InTransaction,
  PgLocks,
  PgResults,
  PgTransactionalAdapter,
  Transactional,
  transactional,
  type PgPool,
  type PgResultsOptions,
  type PgTransactionOptions,
  type Propagation,
  type TransactionalOptions,
  type Transactions,
  type UnitOfWorkOptions,
} from 'nestjs-cqrs/transactional';

const adapter = new PgTransactionalAdapter({
  poolToken: Pool,
  defaultTxOptions: { isolationLevel: 'serializable' },
});

export const plugins = [
  new ClsPluginTransactional({ adapter }),
  new ClsPluginTransactional({ adapter: new PgTransactionalAdapter<Pool>({ poolToken: 'pool' }), connectionName: 'b' }),
  new ClsPluginTransactional({ adapter: new TransactionalAdapterTypeOrm({ dataSourceToken: 'source' }) }),
  new ClsPluginTransactional({ adapter: new TransactionalAdapterDrizzleOrm({ drizzleInstanceToken: 'drizzle' }) }),
];

/** The types of rows come from `pg`. */
export class Orders {
  constructor(private readonly host: TransactionHost<PgTransactionalAdapter<Pool>>) {}

  async count(): Promise<number> {
    const { rows } = await this.host.tx.query<{ count: number }>('SELECT count(*)::integer AS count FROM orders');
    return rows[0]!.count;
  }

  save(): Promise<string> {
    return this.host.withTransaction({ isolationLevel: 'read committed' }, async () => 'saved');
  }
}

@Transactional({ propagation: 'Nested' })
export class Place extends Command<string> {}

export class Handlers {
  @InTransaction()
  check() {}
}

const results: ResultStore = new PgResults({ table: 'app.results' });
const locks: LockStore = new PgLocks();
const policies: PolicyOptions = { results, locks };
const port: Port = transactional();

CqrsModule.forRoot({ unitOfWork: port, policies });
CqrsModule.forRoot({
  unitOfWork: transactional({
    connectionName: 'b',
    verify: false,
    sql: (transaction: Pool) => ({ executeSql: (text, values) => transaction.query(text, values) }),
  }),
});

export const created = (pool: Pool): Promise<[void, number]> =>
  Promise.all([new PgResults().createTable(pool), new PgResults().deleteExpired(pool)]);

export const own: PgPool = {
  query: async () => ({ rows: [] }),
  connect: async () => ({ query: async () => ({ rows: [] }), release: () => undefined }),
};

export type Named = [
  PgResultsOptions,
  PgTransactionOptions,
  Propagation,
  TransactionalOptions,
  Transactions,
  UnitOfWorkOptions,
];
