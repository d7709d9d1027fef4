import type { ConnectionOptions } from 'bullmq';
import {
  CqrsException,
  type Delivery,
  type DurableFeatures,
  type DurableTransport,
  type Job,
  type Outcome,
  type QueueNumbers,
  type QueueSpec,
  type StoredJob,
} from '../../extension.js';
import { Connections } from './connections.js';
import { FailedJobs } from './dead-letters.js';
import { JobWriter } from './job-writer.js';
import { NUMBERS } from './scripts.js';
import type { Settings } from './options.js';
import { Outage, type Report } from './outage.js';
import { QueueWorker } from './queue-worker.js';
import { Queues } from './queues.js';
import { JobSchedulers } from './schedules.js';

const FEATURES: DurableFeatures = {
  transaction: false,
  settleInTransaction: false,
  keys: 'none',
  schedules: true,
  survivesRestart: true,
};

/** Maps the port onto queues, workers, failed jobs and job schedulers of BullMQ. */
export class BullMQTransport implements DurableTransport {
  readonly engine = 'bullmq';
  readonly features = FEATURES;
  readonly deadLetters: FailedJobs;
  readonly schedules: JobSchedulers;
  private readonly outage = new Outage();
  private readonly connections: Connections;
  private readonly queues: Queues;
  private readonly writer: JobWriter;
  private readonly workers: QueueWorker[] = [];

  constructor(
    connection: ConnectionOptions,
    private readonly settings: Settings,
  ) {
    this.connections = new Connections(connection, this.outage);
    this.queues = new Queues(this.connections, settings.prefix, this.outage);
    this.writer = new JobWriter(this.queues);
    this.deadLetters = new FailedJobs(this.queues);
    this.schedules = new JobSchedulers(this.queues, this.outage);
  }

  async open(queues: readonly QueueSpec[], report: Report): Promise<void> {
    await this.connections.open();
    this.outage.reportTo(report);
    await this.queues.register(queues.map(({ name }) => name));
  }

  async store(jobs: readonly Job[], transaction?: unknown): Promise<readonly StoredJob[]> {
    if (transaction !== undefined) throw withoutTransactions();
    return this.writer.store(jobs);
  }

  async work(queue: QueueSpec, run: (delivery: Delivery) => Promise<Outcome>): Promise<void> {
    const { settings, outage } = this;
    const worker = new QueueWorker(queue, run, { client: this.connections.workers, settings, outage });
    this.workers.push(worker);
    await worker.start();
  }

  async stopIntake(): Promise<void> {
    await Promise.all(this.workers.map(worker => worker.stop()));
  }

  async close(): Promise<void> {
    const { isConnected } = this.connections;
    this.outage.end();
    await Promise.allSettled(this.workers.map(worker => worker.close(isConnected)));
    await this.queues.close();
    await this.connections.close();
  }

  async inspect(queue: string): Promise<QueueNumbers> {
    const client = await this.queues.client();
    const inspected = this.queues.of(queue);
    const keys = ['completed', 'wait', ''].map(key => inspected.toKey(key));
    const [counts, [handledLastMinute, oldest]] = await Promise.all([
      inspected.getJobCounts('wait', 'prioritized', 'delayed', 'active', 'failed'),
      client.runCommand(NUMBERS, [...keys, Date.now() - MINUTE]) as Promise<[number, string | null]>,
    ]);
    const count = (...states: string[]): number => states.reduce((sum, state) => sum + counts[state]!, 0);
    return {
      ready: count('wait', 'prioritized'),
      delayed: count('delayed'),
      active: count('active'),
      dead: count('failed'),
      oldest: oldest === null ? undefined : new Date(Number(oldest)),
      handledLastMinute,
    };
  }
}

const MINUTE = 60_000;

const withoutTransactions = (): CqrsException =>
  new CqrsException({
    code: 'CQRS_NO_TRANSACTION',
    what: 'Jobs in Redis cannot be part of the transaction of a database.',
    where: 'bullmq()',
    remedy: 'Store them after the commit, or use a transport that keeps its jobs in your database, such as pgBoss().',
  });
