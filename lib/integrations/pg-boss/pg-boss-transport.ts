import type {
  Delivery,
  DurableFeatures,
  DurableTransport,
  Job,
  Outcome,
  QueueNumbers,
  QueueSpec,
  StoredJob,
} from '../../extension.js';
import { CqrsException } from '../../extension.js';
import { knownBoss, sqlOf, type AnyPgBoss } from './boss.js';
import { Completions } from './completions.js';
import { PgBossDeadLetters } from './dead-letters.js';
import { Engine, type Report } from './engine.js';
import { JobWriter } from './job-writer.js';
import { Names } from './names.js';
import { settingsOf, type PgBossOptions, type Settings } from './options.js';
import { QueueWorker } from './queue-worker.js';
import { ScheduleMover } from './schedule-mover.js';
import { PgBossSchedules } from './schedules.js';

export class PgBossTransport implements DurableTransport {
  readonly engine = 'pg-boss';
  readonly features: DurableFeatures;
  readonly deadLetters: PgBossDeadLetters;
  readonly schedules: PgBossSchedules;
  private readonly pg: Engine;
  private readonly settings: Settings;
  private readonly names: Names;
  private readonly writer: JobWriter;
  private readonly mover: ScheduleMover;
  /** By the name of their queue in the engine. */
  private readonly workers = new Map<string, QueueWorker[]>();

  constructor(boss: AnyPgBoss, options: PgBossOptions) {
    const known = knownBoss(boss, options.schema);
    this.settings = settingsOf(options, known.major);
    this.names = new Names(this.settings.prefix);
    this.pg = new Engine(known, this.settings.prepare);
    this.writer = new JobWriter(this.pg, this.names, this.settings);
    this.features = {
      transaction: true,
      settleInTransaction: true,
      keys: known.major === 12 ? 'ordered' : 'none',
      schedules: true,
      survivesRestart: true,
    };
    const wake = (queue: string) => this.wake(this.names.queue(queue));
    this.deadLetters = new PgBossDeadLetters(this.pg, this.names, this.settings, wake);
    this.schedules = new PgBossSchedules(this.pg, this.names, this.settings);
    this.mover = new ScheduleMover(this.pg, this.schedules, this.workers, queue => this.wake(queue));
  }

  async open(queues: readonly QueueSpec[], report: Report): Promise<void> {
    await this.pg.start(report);
    for (const queue of queues) await this.makeQueue(queue);
  }

  async store(jobs: readonly Job[], transaction?: unknown): Promise<readonly StoredJob[]> {
    if (jobs.length === 0) return [];
    const isOwn = transaction === undefined;
    const stored = await (isOwn ? this.writer.store(jobs) : this.writer.storeIn(sqlOf(transaction), jobs));
    if (isOwn) this.pg.answered(this);
    const queues = new Set(jobs.map(({ queue }) => this.names.queue(queue)));
    for (const worker of [...queues].flatMap(queue => this.workers.get(queue) ?? []))
      if (isOwn) worker.wake();
      else worker.wakeAfterCommit();
    return stored;
  }

  async work(spec: QueueSpec, run: (delivery: Delivery) => Promise<Outcome>): Promise<void> {
    const queue = this.names.queue(spec.name);
    const { pg: engine, settings } = this;
    const completions = new Completions(engine, queue);
    const worker = new QueueWorker({ engine, settings, name: spec.name, queue, completions }, spec, run);
    this.workers.set(queue, [...(this.workers.get(queue) ?? []), worker]);
    worker.start();
    this.mover.start();
  }

  async stopIntake(): Promise<void> {
    await Promise.all([this.mover.stop(), ...this.allWorkers.map(worker => worker.stop())]);
  }

  async close(): Promise<void> {
    await Promise.all([this.mover.stop(), ...this.allWorkers.map(worker => worker.close())]);
    this.workers.clear();
    await this.pg.stop();
  }

  async inspect(queue: string): Promise<QueueNumbers> {
    const [row] = await this.pg.run<Omit<QueueNumbers, 'oldest'> & { oldest: number | null }>('inspect', [
      this.names.queue(queue),
    ]);
    const { oldest, ...numbers } = row!;
    return { ...numbers, oldest: oldest === null ? undefined : new Date(oldest) };
  }

  private async makeQueue({ name, isKeyed }: QueueSpec): Promise<void> {
    const policy = isKeyed && this.features.keys === 'ordered' ? 'key_strict_fifo' : 'standard';
    const found = await this.pg.makeQueue(this.names.queue(name), policy);
    if (found === policy) return;
    throw new CqrsException({
      code: 'CQRS_INVALID_OPTIONS',
      what: `The queue ${name} exists with the policy ${found}; ${isKeyed ? 'with' : 'without'} keys it needs ${policy}.`,
      where: 'pgBoss()',
      remedy: 'pg-boss cannot change it: let the queue run empty and delete it, or give the handler another name.',
    });
  }

  private get allWorkers(): QueueWorker[] {
    return [...this.workers.values()].flat();
  }

  private wake(queue: string): void {
    for (const worker of this.workers.get(queue) ?? []) worker.wake();
  }
}
