import { CqrsException, onAbort } from '../../extension.js';
import { executorOf, type SqlExecutor } from './sql-executor.js';

/** @throws CqrsException (CQRS_NO_TRANSACTION) */
export function sqlOf(database: unknown, where: string): SqlExecutor {
  const executor = typeof database === 'object' && database !== null ? executorOf(database) : undefined;
  if (typeof (executor as Partial<SqlExecutor> | undefined)?.executeSql === 'function') return executor as SqlExecutor;
  throw new CqrsException({
    code: 'CQRS_NO_TRANSACTION',
    what: 'What should run SQL here does not: its library is not known.',
    where,
    remedy: 'Say how it does: transactional({ sql: transaction => ({ executeSql: (text, values) => … }) }).',
  });
}

/**
 * Takes a lock of PostgreSQL that ends with the transaction.
 * @returns rejects with the reason of the signal; the connection still waits
 */
export async function takeLock(sql: SqlExecutor, name: readonly string[], signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  // As text, since Prisma cannot read what is void.
  const locked = sql.executeSql('SELECT pg_advisory_xact_lock(hashtextextended($1::text, 0))::text AS locked', [
    JSON.stringify(name),
  ]);
  await new Promise<unknown>((resolve, reject) => {
    const ignore = onAbort(signal, () => reject(signal.reason as Error));
    locked.finally(ignore).then(resolve, reject);
  });
}
