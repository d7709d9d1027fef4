export { InTransaction, Transactional } from '../../extension.js';
export type { Propagation, TransactionalOptions, Transactions } from '../../extension.js';
export { PgTransactionalAdapter } from './pg-adapter.js';
export type { PgClient, PgPool, PgTransactionOptions } from './pg-adapter.js';
export { PgLocks } from './pg-locks.js';
export { PgResults } from './pg-results.js';
export type { PgResultsOptions } from './pg-results.js';
export { transactional } from './transactional.js';
export type { UnitOfWorkOptions } from './transactional.js';
