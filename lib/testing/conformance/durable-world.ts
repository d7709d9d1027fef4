import { AssertionError } from 'node:assert';
import { randomUUID } from 'node:crypto';
import type { DurableTransport, Job, QueueSpec, RetryPolicy } from '../../extension.js';
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

/** A promise that a case settles. Opened at the end of the case, so that no handler is left behind. */
export interface Gate {
  readonly opened: Promise<void>;
  open(): void;
}

/** What one case uses: its transports, queues and workers, and the clock of the engine. */
export class DurableWorld {
  readonly patience: number;
  readonly token = randomUUID().slice(0, 8);
  private readonly connections = new Set<DurableTransport>();
  private readonly gates: Gate[] = [];
  private readonly problems: string[] = [];
  private queues = 0;

  constructor(readonly adapter: DurableConformanceAdapter) {
    this.patience = adapter.patience ?? PATIENCE;
  }

  /** Specifies a queue with a name of its own. Default: concurrency 1, without keys. */
  queue(change: Partial<QueueSpec> = {}): QueueSpec {
    return { name: `conformance-${this.token}-${++this.queues}`, concurrency: 1, isKeyed: false, ...change };
  }

  /** A job with an id of its own, which is not tried again. */
  job(queue: QueueSpec, change: Partial<Job> = {}): Job {
    const id = change.id ?? randomUUID();
    const data = { kind: 'command', envelope: { id, text: 'ünïcode' }, enqueuedAt: Date.now() } as const;
    return { id, queue: queue.name, data, retry: NO_RETRY, ...change };
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
