import assert from 'node:assert/strict';
import { AssertionError } from 'node:assert';
import { randomUUID } from 'node:crypto';
import type { DurableTransport, Job, JobData, QueueSpec, RetryPolicy, StoredJob } from '../../extension.js';
import type { ConformanceTransaction, DurableConformanceAdapter } from './durable-adapter.js';
import { DONE, Runs, type Handling } from './durable-runs.js';
import { within } from './journal.js';

const PATIENCE = 10_000;

/** Milliseconds between two looks at a condition. */
const STEP = 20;

/** Engines and processes round times. */
const TOLERANCE = 50;

/** Long enough for what must not happen to be seen on an engine that does it at once. */
const PAUSE = 300;

export const NO_RETRY: RetryPolicy = { limit: 0, delay: 0, backoff: false, maxDelay: 0 };

/** Tries again at once. */
export const retries = (limit: number, delay = 0): RetryPolicy => ({ limit, delay, backoff: false, maxDelay: delay });

/** At once, and more often than a case needs. */
export const RETRIED = retries(5);

/** Longer than a case lasts, in milliseconds. */
export const AN_HOUR = 3_600_000;

/** Of a job that waits for its second attempt until the case is over. */
export const RETRIED_LATER = retries(1, AN_HOUR);

/** Jobs of a case, where their number does not matter. */
export const FEW = 3;

export const ONE_KEY = { key: 'one key' };
export const OTHER_KEY = { key: 'other key' };

/** Of a queue several of whose jobs run at the same time. */
export const WIDE = { concurrency: 8 };

export const KEYED = { ...WIDE, isKeyed: true };

/** What `store` answers for a new job, and for one whose id it knows. */
export const fresh = ({ id }: Pick<Job, 'id'>): StoredJob => ({ id, isDuplicate: false });
export const known = ({ id }: Pick<Job, 'id'>): StoredJob => ({ id, isDuplicate: true });

export const idsOf = (jobs: readonly Pick<Job, 'id'>[]): string[] => jobs.map(({ id }) => id);

export const payload = (envelope: unknown): JobData => ({ kind: 'command', envelope, enqueuedAt: Date.now() });

/** A promise that a case settles. Opened at the end of the case, so that no handler is left behind. */
export interface Gate {
  readonly opened: Promise<void>;
  open(): void;
}

/** What one case uses: its transports, queues and workers, and the clock of the engine. */
export class DurableWorld {
  readonly patience: number;
  /** For what takes many steps: milliseconds beyond the patience. */
  readonly long: number;
  readonly token = randomUUID();
  private readonly connections = new Set<DurableTransport>();
  private readonly gates: Gate[] = [];
  private readonly problems: string[] = [];

  constructor(readonly adapter: DurableConformanceAdapter) {
    this.patience = adapter.patience ?? PATIENCE;
    this.long = 2 * this.patience;
  }

  /** Specifies a queue with a name of its own. Default: concurrency 1, without keys. */
  queue(change: Partial<QueueSpec> = {}): QueueSpec {
    return { name: `conformance-${randomUUID()}`, concurrency: 1, isKeyed: false, ...change };
  }

  /** A job with an id of its own, which is not tried again. */
  job(queue: QueueSpec, change: Partial<Job> = {}): Job {
    const id = change.id ?? randomUUID();
    return { id, queue: queue.name, data: payload({ id, text: 'ünïcode' }), retry: NO_RETRY, ...change };
  }

  jobs(count: number, queue: QueueSpec, change: Partial<Job> = {}): Job[] {
    return Array.from({ length: count }, () => this.job(queue, change));
  }

  /** A transport that has opened the queues. */
  async open(...queues: QueueSpec[]): Promise<DurableTransport> {
    const transport = await within(this.adapter.transport(), this.patience, 'the adapter connects');
    this.connections.add(transport);
    const report = (problem: string, error: unknown) => void this.problems.push(`${problem}: ${String(error)}`);
    await within(transport.open(queues, report), this.patience, 'open() resolves');
    return transport;
  }

  /** Works a queue. Default: each delivery is done. */
  async work(transport: DurableTransport, queue: QueueSpec, handle: Handling = () => DONE): Promise<Runs> {
    const runs = new Runs(() => this.now(), handle);
    await within(transport.work(queue, runs.run), this.patience, 'work() resolves');
    return runs;
  }

  /** Closes a transport before the end of the case. */
  async close(transport: DurableTransport): Promise<void> {
    this.connections.delete(transport);
    await within(transport.close(), this.patience, 'close() resolves');
  }

  /** For adapters that renew leases. With others, the case waits for the end of the lease. */
  async loseLease(transport: DurableTransport): Promise<void> {
    await this.adapter.loseLease?.(transport);
  }

  gate(): Gate {
    let open!: () => void;
    const opened = new Promise<void>(resolve => (open = resolve));
    const gate = { opened, open };
    this.gates.push(gate);
    return gate;
  }

  async begin(): Promise<ConformanceTransaction> {
    return this.adapter.begin!();
  }

  /** The clock of the engine, in milliseconds since 1970. */
  now(): number {
    return this.adapter.now?.() ?? Date.now();
  }

  async wait(milliseconds: number): Promise<void> {
    if (this.adapter.wait !== undefined) return this.adapter.wait(milliseconds);
    return new Promise(resolve => setTimeout(resolve, milliseconds));
  }

  /** Time for what must not happen. */
  pause(): Promise<void> {
    return this.wait(PAUSE);
  }

  /**
   * Waits until a condition holds.
   * @param extra milliseconds beyond the patience
   */
  async until(holds: () => boolean | Promise<boolean>, what: string, extra = 0): Promise<void> {
    const limit = this.patience + extra;
    for (const end = this.now() + limit; !(await holds());) {
      if (this.now() >= end) this.fail(`Within ${limit} ms: ${what}. It did not happen.`);
      await this.wait(STEP);
    }
  }

  /**
   * Waits until these jobs are handled, each as often as it is in the list; fails if one more run comes.
   * @param extra milliseconds beyond the patience
   */
  async handled(runs: Runs, jobs: readonly Pick<Job, 'id'>[], extra = 0): Promise<void> {
    await this.until(() => runs.ended.length >= jobs.length, 'the jobs are handled', extra);
    await this.pause();
    assert.deepEqual(runs.ids.toSorted(), idsOf(jobs).toSorted());
  }

  /**
   * Waits until each of the jobs is a dead letter.
   * @param extra milliseconds beyond the patience
   */
  async died(transport: DurableTransport, jobs: readonly Job[], extra = 0): Promise<void> {
    const died = async () => {
      for (const { queue, id } of jobs) if ((await transport.deadLetters.get(queue, id))?.id !== id) return false;
      return true;
    };
    await this.until(died, 'the jobs are dead letters', extra);
  }

  /** Fails unless it is a time between another one and now. */
  since(earliest: number, time: Date | undefined, what: string): void {
    assert.ok(time instanceof Date, `${what} is not a Date.`);
    const passed = Math.min(time.getTime() - earliest, this.now() - time.getTime());
    assert.ok(passed >= -TOLERANCE, `${what} is ${time.toISOString()}: not between the store and now.`);
  }

  /** Fails if less time than that has passed. */
  atLeast(passed: number, milliseconds: number, what: string): void {
    if (passed >= milliseconds - TOLERANCE) return;
    this.fail(`${what}: ${passed} ms have passed; it should be ${milliseconds} ms or more.`);
  }

  fail(message: string): never {
    const told = this.problems.length === 0 ? '' : ` Reported: ${this.problems.join('; ')}`;
    throw new AssertionError({ message: message + told });
  }

  /** Ends what the case has left running. */
  async end(): Promise<void> {
    for (const { open } of this.gates) open();
    const closing = [...this.connections].map(transport => transport.close());
    this.connections.clear();
    await within(Promise.all(closing), Math.max(this.patience, PATIENCE), 'the transports close');
  }
}

/** Lets other jobs run for a moment of real time. */
export async function turns(): Promise<void> {
  for (let i = 0; i < 3; i++) await new Promise(resolve => setImmediate(resolve));
}
