import type { LockStore, ResultStore } from '../../../extension.js';

/** A store of policies under test. */
interface StoreConformanceAdapter<S> {
  /** Shown in failures. */
  readonly name: string;
  /** Whether several processes share what it keeps. Then `store()` gives another one each time, as another process has it. */
  readonly isShared: boolean;
  /** Keys of other cases may be in it. */
  store(): S | Promise<S>;
  /**
   * For stores with the place `in-transaction`: runs work in a new transaction, commits when it resolves, and rolls back when
   * it rejects. At least 20 can be open at once.
   * @param work gets the transaction as `Transactions.current()` tells it
   */
  transaction?<R>(work: (transaction: unknown) => Promise<R>): Promise<R>;
  /** How long cases wait for what must happen, in milliseconds. Default: 10,000. */
  readonly patience?: number;
}

/** An adapter of `ResultStore` under test. */
export type ResultStoreConformanceAdapter = StoreConformanceAdapter<ResultStore>;

/** An adapter of `LockStore` under test. */
export type LockStoreConformanceAdapter = StoreConformanceAdapter<LockStore>;
