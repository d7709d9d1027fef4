import type { INestApplicationContext, ModuleMetadata } from '@nestjs/common';
import type { DurableTransport, Transactions } from '../../../extension.js';

/**
 * An adapter of `Transactions` under test. The suite needs 9 connections at a time, engine aside: 8 transactions, and one
 * for `rows()`. Give the pool a limit of the time for which it is waited for: `connectionTimeoutMillis` of `pg`.
 */
export interface UnitOfWorkConformanceAdapter {
  /** Shown in failures. */
  readonly name: string;
  /** Whether a part of a transaction can fail alone. */
  readonly hasSavepoints: boolean;
  /** Modules that provide what the transactions need. Default: none. */
  readonly imports?: ModuleMetadata['imports'];
  /** For one application. */
  transactions(): Transactions;
  /** Writes a row in the transaction of the running code; outside of one, at once. Rows of other cases may be there. */
  insert(row: string, application: INestApplicationContext): Promise<unknown>;
  /** Runs a statement that fails, in the transaction of the running code. Left out: its case is skipped. */
  fail?(application: INestApplicationContext): Promise<unknown>;
  /** Runs a statement that ends the transaction of the running code by hand. Left out: its case is skipped. */
  end?(statement: 'COMMIT' | 'ROLLBACK', application: INestApplicationContext): Promise<unknown>;
  /** All rows, as another connection sees them. */
  rows(): Promise<readonly string[]>;
  /** An engine that stores in these transactions. Left out: its cases are skipped. */
  durable?(): DurableTransport | Promise<DurableTransport>;
  /** How long cases wait for what must happen, in milliseconds. Default: 10,000. */
  readonly patience?: number;
}
