import { CqrsException } from '../extension.js';

/** What a transaction does at its end. */
interface Part {
  commit(): void;
  rollback?(): void;
}

/** What was stored and settled within a transaction of `MemoryTransport.begin()`. */
export class MemoryTransaction {
  private readonly parts: Part[] = [];
  private readonly ids = new Set<string>();
  private end: 'committed' | 'rolled back' | undefined;

  /** Throws if it has ended. */
  join(part: Part): void {
    this.mustBeOpen();
    this.parts.push(part);
  }

  /** @returns false if it has been claimed within this transaction */
  claim(queue: string, id: string): boolean {
    const name = JSON.stringify([queue, id]);
    if (this.ids.has(name)) return false;
    this.ids.add(name);
    return true;
  }

  commit(): void {
    this.mustBeOpen();
    this.end = 'committed';
    for (const part of this.parts) part.commit();
  }

  rollback(): void {
    this.mustBeOpen();
    this.end = 'rolled back';
    for (const part of this.parts) part.rollback?.();
  }

  private mustBeOpen(): void {
    if (this.end !== undefined) throw new Error(`The transaction is ${this.end}`);
  }
}

/**
 * The transaction if it is one of `MemoryTransport.begin()`.
 * @throws CqrsException (CQRS_NO_TRANSACTION)
 */
export function transactionOf(transaction: unknown): MemoryTransaction {
  if (transaction instanceof MemoryTransaction) return transaction;
  throw new CqrsException({
    code: 'CQRS_NO_TRANSACTION',
    what: 'MemoryTransport keeps messages in memory, and cannot store them in a transaction of a database.',
    where: 'durable.transport of CqrsModule.forRoot()',
    remedy:
      'In this test, use the engine of the application; or give it a unitOfWork whose transactions are those of MemoryTransport.begin().',
  });
}
