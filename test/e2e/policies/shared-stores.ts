import type { IdempotentDispatch, KeyedDispatch, LockStore, ResultStore } from 'nestjs-cqrs/extension';
import type { LockStoreConformanceAdapter, ResultStoreConformanceAdapter } from 'nestjs-cqrs/testing';

/** What happens when the transaction has ended. */
type AtEnd = (isCommitted: boolean) => void;

/** What several processes share: locks that transactions hold until their end, and rows. */
class Database {
  readonly rows = new Map<string, { readonly json: string; readonly until: number }>();
  /** The end of the latest transaction that holds the key or waits for it. */
  private readonly held = new Map<string, Promise<void>>();

  async run<R>(work: (transaction: AtEnd[]) => Promise<R>): Promise<R> {
    const transaction: AtEnd[] = [];
    let isCommitted = false;
    try {
      const result = await work(transaction);
      isCommitted = true;
      return result;
    } finally {
      for (const atEnd of transaction) atEnd(isCommitted);
    }
  }

  /** Rejects if the caller leaves; its turn passes when it comes. */
  async lock({ name, key, signal, transaction }: KeyedDispatch): Promise<void> {
    const id = idOf({ name, key });
    const before = this.held.get(id);
    const isFree = new Promise<void>(free => (transaction as AtEnd[]).push(() => free(before)));
    this.held.set(id, isFree);
    signal.throwIfAborted();
    let leave!: () => void;
    await new Promise<void>((resolve, reject) => {
      leave = () => reject(signal.reason);
      signal.addEventListener('abort', leave);
      void Promise.resolve(before).then(resolve);
    }).finally(() => signal.removeEventListener('abort', leave));
  }
}

export const idOf = ({ name, key }: Pick<KeyedDispatch, 'name' | 'key'>): string => JSON.stringify([name, key]);

/** Results of all that have the same database, in its transactions. */
export class SharedResults implements ResultStore {
  readonly place = 'in-transaction';

  constructor(private readonly database: Database) {}

  async once(dispatch: IdempotentDispatch, work: () => Promise<unknown>): Promise<unknown> {
    const { rows } = this.database;
    const id = idOf(dispatch);
    await this.database.lock(dispatch);
    const row = rows.get(id);
    if (row !== undefined && row.until > performance.now()) return dispatch.fromJSON(JSON.parse(row.json));
    const result = await work();
    const written = { json: JSON.stringify(dispatch.toJSON(result)), until: performance.now() + dispatch.keep };
    (dispatch.transaction as AtEnd[]).unshift(isCommitted => isCommitted && rows.set(id, written));
    return result;
  }
}

/** Locks of all that have the same database, until the end of its transactions. */
export class SharedLocks implements LockStore {
  readonly place = 'in-transaction';

  constructor(private readonly database: Database) {}

  async run(dispatch: KeyedDispatch, work: () => Promise<unknown>): Promise<unknown> {
    await this.database.lock(dispatch);
    return work();
  }
}

const shared = <S>(Store: new (database: Database) => S) => {
  const database = new Database();
  return {
    name: 'shared',
    isShared: true,
    store: () => new Store(database),
    transaction: <R>(work: (transaction: unknown) => Promise<R>) => database.run(work),
  };
};

export const sharedResults = (): ResultStoreConformanceAdapter => shared(SharedResults);

export const sharedLocks = (): LockStoreConformanceAdapter => shared(SharedLocks);
