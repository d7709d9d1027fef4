import type { FailureJSON } from '../frame.js';
import type { RetryPolicy } from './retry-policy.js';

/** What an engine can do. The conformance suite checks it. */
export interface DurableFeatures {
  /** `store` takes a transaction of the user: the job exists exactly if it commits. */
  readonly transaction: boolean;
  /** A delivery can be completed within a transaction of the user. */
  readonly settleInTransaction: boolean;
  /** Jobs of one key run one after another. `ordered`: in the order in which they were stored. */
  readonly keys: 'ordered' | 'exclusive' | 'none';
  readonly schedules: boolean;
  /** What was stored is still there after a restart of the engine. */
  readonly survivesRestart: boolean;
}

/** Stores messages and hands each to one worker at a time, until its outcome is known. Implemented by adapters. */
export interface DurableTransport {
  /** The engine, as errors and receipts name it: `pg-boss`. */
  readonly engine: string;
  readonly features: DurableFeatures;
  /**
   * Called before the first `store` and `work`; again for queues of modules that are loaded later. Makes what is
   * missing. Rejects if the engine cannot be reached.
   * @param report tells failures of the engine that no call returns
   */
  open(queues: readonly QueueSpec[], report: (problem: string, error: unknown) => void): Promise<void>;
  /**
   * Stores all jobs, or none. Rejects unless they are stored.
   * @param transaction of the user, with the feature `transaction`
   * @returns one answer for each job, in order
   */
  store(jobs: readonly Job[], transaction?: unknown): Promise<readonly StoredJob[]>;
  /**
   * Hands out the jobs of a queue, at most `concurrency` at a time. Resolves when the worker runs; goes on where the
   * engine is lost and comes back.
   * @param run never rejects; returns the outcome
   */
  work(queue: QueueSpec, run: (delivery: Delivery) => Promise<Outcome>): Promise<void>;
  /** Takes nothing new; resolves when what runs has settled. */
  stopIntake(): Promise<void>;
  /** Called once, at the end. What still runs goes back to the engine, and the attempt does not count where it can. */
  close(): Promise<void>;
  readonly deadLetters: DeadLetterStore;
  /** With the feature `schedules`. */
  readonly schedules?: ScheduleStore;
  /** Numbers of one queue, from the engine. */
  inspect(queue: string): Promise<QueueNumbers>;
}

/** One queue: of a command, or of one event handler. */
export interface QueueSpec {
  /** Letters, digits, `_`, `-`, `.` and whatever else a name of `@Message` holds: adapters encode it. */
  readonly name: string;
  /** Jobs that this process runs at a time. */
  readonly concurrency: number;
  /** Its jobs have keys, and those of one key keep their order. */
  readonly isKeyed: boolean;
}

/** What an engine keeps of a message. Plain JSON. */
export interface JobData {
  readonly kind: 'command' | 'event';
  /** As `MessageCatalog` writes it. */
  readonly envelope: unknown;
  /** In milliseconds since 1970, on the clock of the process that stored it. */
  readonly enqueuedAt: number;
}

/** A message to be stored, and how it is delivered. */
export interface Job {
  /** The `messageId`: a second job of the same queue and id is not stored. Any text of up to 255 characters. */
  readonly id: string;
  readonly queue: string;
  readonly data: JobData;
  readonly retry: RetryPolicy;
  /** Milliseconds before the first delivery, on the clock of the engine. */
  readonly delay?: number;
  /** Time of the first delivery. */
  readonly at?: Date;
  readonly key?: string;
}

/** What became of a job that was given to `store`. */
export interface StoredJob {
  readonly id: string;
  /** The queue has a job of this id already. */
  readonly isDuplicate: boolean;
}

/** One attempt to handle a job. */
export interface Delivery {
  readonly id: string;
  readonly queue: string;
  /** 1 for the first. */
  readonly attempt: number;
  /** How many there are at most. */
  readonly attempts: number;
  /** As it was stored; it may be anything. */
  readonly data: unknown;
  /** Why the attempt before failed. */
  readonly lastFailure?: FailureJSON | undefined;
  /** Aborted when the engine has taken the job away: the lease has ended, or the worker is closed. */
  readonly signal: AbortSignal;
  /**
   * Completes the job within a transaction of the user.
   * @returns false if another worker has taken it
   */
  settleIn?(transaction: unknown): Promise<boolean>;
}

/**
 * What came of a delivery. `isDead`: it is not tried again, whatever the policy of the job. False for a failure of the
 * last attempt: the adapter or its engine counts attempts, and makes a dead letter of the job.
 */
export type Outcome =
  { readonly isDone: true } | { readonly isDone: false; readonly error: FailureJSON; readonly isDead: boolean };

/** A job that is not tried again. */
export interface DeadLetter {
  readonly id: string;
  readonly queue: string;
  readonly attempts: number;
  readonly reason: FailureJSON | undefined;
  readonly diedAt: Date;
  /** As it was stored; it may be anything. */
  readonly data: unknown;
}

/** Which dead letters. */
export interface DeadLetterPage {
  /** At most so many. */
  readonly limit: number;
  /** Those after the dead letter of this id, oldest first. */
  readonly after?: string | undefined;
}

/** Dead letters of one queue. */
export interface DeadLetterStore {
  /** Oldest first. */
  list(queue: string, page: DeadLetterPage): Promise<readonly DeadLetter[]>;
  get(queue: string, id: string): Promise<DeadLetter | undefined>;
  /**
   * Makes a job of it again, under the same id and with all attempts.
   * @returns false if there is none
   */
  redrive(queue: string, id: string): Promise<boolean>;
  /** @returns false if there is none */
  discard(queue: string, id: string): Promise<boolean>;
}

/** A message that is stored again and again. */
export interface StoredSchedule {
  readonly name: string;
  /** Its jobs are of this queue. */
  readonly queue: string;
  /** Five fields: minute, hour, day, month, day of the week. */
  readonly cron: string;
  /** As `Europe/Berlin`. */
  readonly timeZone: string;
  /** The job of each run gets an id of its own. */
  readonly data: JobData;
  readonly retry: RetryPolicy;
  /** It comes from the options: removed when they no longer have it. */
  readonly isDeclared: boolean;
}

/** Schedules of all queues. */
export interface ScheduleStore {
  list(): Promise<readonly StoredSchedule[]>;
  /** Adds it, or replaces that of the same name. */
  set(schedule: StoredSchedule): Promise<void>;
  /** @returns false if there is none */
  remove(name: string): Promise<boolean>;
}

/** Numbers of one queue. */
export interface QueueNumbers {
  /** Jobs that may run now. */
  readonly ready: number;
  /** Jobs that wait for their time, or for their next attempt. */
  readonly delayed: number;
  readonly active: number;
  readonly dead: number;
  /** When the oldest ready job was stored. */
  readonly oldest: Date | undefined;
  /** Jobs that were handled within the last minute; undefined where the engine cannot tell. */
  readonly handledLastMinute: number | undefined;
}
