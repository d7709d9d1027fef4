import { WaitingError, Worker, type IRedisClient, type Job as BullJob, type JobJson } from 'bullmq';
import type { Delivery, Outcome, QueueSpec } from '../../extension.js';
import { encodeName } from './encoding.js';
import { FirstRenewals } from './first-renewals.js';
import type { Settings } from './options.js';
import type { Outage } from './outage.js';
import { RunningJob, type Held } from './running-job.js';
import { backoffStrategy, failureError } from './stored-job.js';
import { within } from './within.js';
import { workerClient } from './worker-client.js';

/** How long `close()` waits for Redis, in milliseconds. */
const CLOSE_LIMIT = 3000;

/** A job that has lost its worker so often is dead: it may be the cause. The default of BullMQ is 1, one crash. */
const MOST_STALLS = 1000;

/** What workers share. */
export interface WorkerContext {
  readonly client: IRedisClient;
  readonly settings: Settings;
  readonly outage: Outage;
}

/** Hands out the jobs of one queue. */
export class QueueWorker {
  private readonly worker: SettlingWorker;
  /** How to hand each back. */
  private readonly running = new Map<RunningJob, () => void>();
  private readonly held: Held;
  private isStopped = false;

  constructor(
    spec: QueueSpec,
    private readonly run: (delivery: Delivery) => Promise<Outcome>,
    context: WorkerContext,
  ) {
    const { client, settings, outage } = context;
    this.held = { queue: spec.name, lease: settings.lease, outage, firstRenewals: new FirstRenewals() };
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
    for (const [job, handBack] of this.running) {
      // First: a handler that ends because of the signal has not failed.
      handBack();
      job.abort(new Error('The worker is closed: the job goes back to its queue.'));
    }
    if (!isConnected) return this.worker.close(true);
    await within(stopped, CLOSE_LIMIT);
    const closed = this.worker.close().then(() => true);
    if ((await within(closed, CLOSE_LIMIT)) === true) return;
    // It would connect again and again.
    (await this.worker.getBackend().blockingClient)?.disconnect();
  }

  private handle(job: BullJob, token: string): Promise<void> {
    // BullMQ gives a job to a paused worker that already waits for one.
    if (this.isStopped) return giveBack(job, token);
    return new Promise((resolve, reject) => {
      const running = new RunningJob(job, token, this.held);
      this.running.set(running, () => {
        this.running.delete(running);
        resolve(giveBack(job, token));
      });
      const end = () => {
        running.end();
        this.running.delete(running);
      };
      const settle = (outcome: Outcome) => {
        end();
        // BullMQ takes WaitingError as: the job is elsewhere already.
        if (running.isLost) reject(new WaitingError());
        else if (outcome.isDone) resolve();
        else reject(failureError(outcome));
      };
      this.run(running).then(settle, (error: unknown) => {
        end();
        reject(error);
      });
    });
  }
}

async function giveBack(job: BullJob, token: string): Promise<never> {
  await job.moveToWait(token);
  throw new WaitingError();
}

/** Knows when the outcomes of its jobs are in Redis. Delivers also what is not JSON. */
class SettlingWorker extends Worker {
  private settling = 0;
  private readonly whenSettled: (() => void)[] = [];
  private readonly end = (): void => {
    this.settling -= 1;
    if (this.settling === 0) for (const resolve of this.whenSettled.splice(0)) resolve();
  };

  // BullMQ runs the handler and stores the outcome in it.
  override processJob(...args: Parameters<Worker['processJob']>): ReturnType<Worker['processJob']> {
    const settled = super.processJob(...args);
    this.settling += 1;
    settled.then(this.end, this.end);
    return settled;
  }

  /** Text in place of data: no handler takes it, so it is a dead letter at once. BullMQ would lose the job for a while. */
  protected override createJob(fields: JobJson, jobId: string): BullJob {
    try {
      return super.createJob(fields, jobId);
    } catch {
      return super.createJob({ ...fields, data: JSON.stringify(fields.data) }, jobId);
    }
  }

  async settled(): Promise<void> {
    // The next may begin when one has ended.
    while (this.settling > 0) await new Promise<void>(resolve => this.whenSettled.push(resolve));
  }
}
