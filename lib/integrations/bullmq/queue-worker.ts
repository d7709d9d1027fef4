import { WaitingError, Worker, type IRedisClient, type Job as BullJob, type JobJson } from 'bullmq';
import type { Delivery, Outcome, QueueSpec } from '../../extension.js';
import { decodeId, encodeName } from './encoding.js';
import { Lease } from './lease.js';
import type { Settings } from './options.js';
import type { Outage } from './outage.js';
import { attemptsOf, backoffStrategy, dataOf, failureError, lastFailureOf, mostAttemptsOf } from './stored-job.js';
import { within } from './within.js';
import { workerClient } from './worker-client.js';

/** How long `close()` waits for Redis, in milliseconds. */
const CLOSE_LIMIT = 3000;

/** A job that has lost its worker so often is dead: it may be the cause. The default of BullMQ is 1, one crash. */
const MOST_STALLS = 1000;

const HANDED_BACK = Symbol('handed back');

/** A delivery that runs. */
interface Running {
  readonly lease: Lease;
  handBack(): void;
}

/** What workers share. */
export interface WorkerContext {
  readonly client: IRedisClient;
  readonly settings: Settings;
  readonly outage: Outage;
}

/** Hands out the jobs of one queue. */
export class QueueWorker {
  private readonly worker: SettlingWorker;
  private readonly running = new Set<Running>();
  private isStopped = false;

  constructor(
    private readonly spec: QueueSpec,
    private readonly run: (delivery: Delivery) => Promise<Outcome>,
    private readonly context: WorkerContext,
  ) {
    const { client, settings, outage } = context;
    this.worker = new SettlingWorker(encodeName(spec.name), (job, token) => this.handle(job, token!), {
      connection: workerClient(client, spec.concurrency),
      prefix: settings.prefix,
      concurrency: spec.concurrency,
      lockDuration: settings.lease,
      // By `Lease`.
      skipLockRenewal: true,
      stalledInterval: Math.ceil(settings.lease / 2),
      maxStalledCount: MOST_STALLS,
      removeOnComplete: { age: Math.ceil(settings.keep.age / 1000), count: settings.keep.count },
      runRetryDelay: 1000,
      settings: { backoffStrategy },
    });
    this.worker.on('error', error => outage.failed(`The worker of the queue "${spec.name}" failed`, error));
  }

  /** Resolves when the worker runs. */
  async start(): Promise<void> {
    await this.worker.waitUntilReady();
  }

  /** Takes nothing new; resolves when what runs has settled. */
  async stop(): Promise<void> {
    this.isStopped = true;
    await this.worker.pause(true);
    await this.worker.settled();
  }

  /** Hands back what runs, without counting the attempt. Resolves in time also where Redis is away. */
  async close(isConnected: boolean): Promise<void> {
    const stopped = this.stop();
    for (const { lease, handBack } of this.running) {
      // First: a handler that ends because of the signal has not failed.
      handBack();
      lease.abort(new Error('The worker is closed: the job goes back to its queue.'));
    }
    if (!isConnected) return this.worker.close(true);
    await within(stopped, CLOSE_LIMIT);
    const closed = this.worker.close().then(() => true);
    if ((await within(closed, CLOSE_LIMIT)) === true) return;
    // It would connect again and again.
    (await this.worker.getBackend().blockingClient)?.disconnect();
  }

  private async handle(job: BullJob, token: string): Promise<void> {
    // BullMQ gives a job to a paused worker that already waits for one.
    if (this.isStopped) return this.giveBack(job, token);
    const { name } = this.spec;
    const { outage } = this.context;
    const id = decodeId(job.id!);
    const lease = new Lease({
      duration: this.context.settings.lease,
      since: job.processedOn ?? Date.now(),
      renew: async () => (await job.extendLock(token, this.context.settings.lease)) === 1,
      onLost: reason => outage.failed(`A handler of the queue "${name}" has lost the job "${id}"`, reason),
    });
    const outcome = await this.outcomeOf(this.deliveryOf(id, job, lease), lease);
    if (outcome === HANDED_BACK) return this.giveBack(job, token);
    if (lease.isLost) throw new WaitingError();
    if (!outcome.isDone) throw failureError(outcome);
  }

  /** Of the handler, unless the job is handed back before. */
  private outcomeOf(delivery: Delivery, lease: Lease): Promise<Outcome | typeof HANDED_BACK> {
    return new Promise((resolve, reject) => {
      const running: Running = { lease, handBack: () => resolve(HANDED_BACK) };
      this.running.add(running);
      const end = () => {
        lease.end();
        this.running.delete(running);
      };
      this.run(delivery).then(resolve, reject).finally(end);
    });
  }

  /** BullMQ takes WaitingError as: the job is elsewhere already. */
  private async giveBack(job: BullJob, token: string): Promise<never> {
    await job.moveToWait(token);
    throw new WaitingError();
  }

  private deliveryOf(id: string, job: BullJob, lease: Lease): Delivery {
    return {
      id,
      queue: this.spec.name,
      attempt: attemptsOf(job) + 1,
      attempts: mostAttemptsOf(job),
      data: dataOf(job),
      lastFailure: lastFailureOf(job),
      get signal() {
        return lease.signal;
      },
    };
  }
}

/** Knows when the outcomes of its jobs are in Redis. Delivers also what is not JSON. */
class SettlingWorker extends Worker {
  private readonly settling = new Set<Promise<unknown>>();

  // BullMQ runs the handler and stores the outcome in it.
  override processJob(...args: Parameters<Worker['processJob']>): ReturnType<Worker['processJob']> {
    const settled = super.processJob(...args);
    this.settling.add(settled);
    const remove = () => void this.settling.delete(settled);
    settled.then(remove, remove);
    return settled;
  }

  /** Text in place of data: no handler takes it, so it is a dead letter at once. BullMQ would lose the job for a while. */
  protected override createJob(fields: JobJson, jobId: string): BullJob {
    try {
      return super.createJob(fields, jobId);
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      return super.createJob({ ...fields, data: JSON.stringify(fields.data) }, jobId);
    }
  }

  async settled(): Promise<void> {
    while (this.settling.size > 0) await Promise.allSettled(this.settling);
  }
}
