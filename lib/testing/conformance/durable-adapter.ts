import type { DurableFeatures, DurableTransport } from '../../extension.js';

/** A transaction of the user on the storage of the engine. */
export interface ConformanceTransaction {
  /** Given to `store()` and `settleIn()`. */
  readonly transaction: unknown;
  commit(): Promise<void>;
  rollback(): Promise<void>;
}

/** An adapter of `DurableTransport` under test. */
export interface DurableConformanceAdapter {
  /** Shown in failures. */
  readonly name: string;
  /** What it promises; cases of features that it does not have are skipped. */
  readonly features: DurableFeatures;
  /**
   * For how long the engine leaves a job to a worker that does not answer, in milliseconds. Some cases wait for
   * its end, others hold a job for less than a second: five seconds are long enough for a slow machine.
   */
  readonly lease: number;
  /** How long a case waits for what has to happen, in milliseconds on the clock of the engine. Default: 10,000. */
  readonly patience?: number;
  /** The largest payload in bytes. Default: 262,144, which is also the most that the suite stores. */
  readonly largest?: number;
  /**
   * How long it may take until a schedule of each minute runs, in milliseconds on the clock of the engine. Left out:
   * its case is skipped.
   */
  readonly scheduleRun?: number;
  /**
   * Makes a new connection to the same storage, as another process has. The suite calls `open()` and `close()`. Names
   * of queues are new in each case, so that cases do not meet.
   */
  transport(): Promise<DurableTransport>;
  /** Lets time pass on the clock of the engine. Default: real time. */
  wait?(milliseconds: number): Promise<void>;
  /** The time on the clock of the engine, in milliseconds since 1970. Default: `Date.now()`. Give it with `wait`. */
  now?(): number;
  /**
   * Ends the leases of the jobs that the transport runs, or stops to renew them. For adapters that renew a lease while
   * its handler runs. Default: nothing, leases end after `lease`.
   */
  loseLease?(transport: DurableTransport): Promise<void>;
  /** Begins a transaction. Needed for the features `transaction` and `settleInTransaction`. */
  begin?(): Promise<ConformanceTransaction>;
  /** Stops the engine at once, and starts it again with the same storage. Left out: its cases are skipped. */
  restart?(): Promise<void>;
}
