import type { KeyedDispatch, LockStore } from '../../extension.js';
import { sqlOf, takeLock } from './pg-lock.js';

/**
 * Locks of `@Sequential` in PostgreSQL, for all processes on the database: advisory locks, which the transaction of the
 * message holds until its end. For `CqrsModule.forRoot({ policies: { locks: new PgLocks() } })`.
 */
export class PgLocks implements LockStore {
  /** What the store expects of the unit of work. */
  readonly place = 'in-transaction';

  /** See `LockStore`. */
  async run({ name, key, signal, transaction }: KeyedDispatch, work: () => Promise<unknown>): Promise<unknown> {
    await takeLock(sqlOf(transaction, 'new PgLocks()'), ['cqrs', 'sequential', name, key], signal);
    return work();
  }
}
