import type { JobSchedulerJson } from 'bullmq';
import type { ScheduleStore, StoredSchedule } from '../../extension.js';
import { decodeName, encodeName } from './encoding.js';
import type { Outage } from './outage.js';
import type { Queues } from './queues.js';
import { retryOptions, type StoredData } from './stored-job.js';

/** What the template of a job scheduler carries. */
interface Template extends StoredData {
  readonly isDeclared: boolean;
}

/** The job schedulers of BullMQ. */
export class JobSchedulers implements ScheduleStore {
  /** Those that cannot be read: each is told once. */
  private readonly told = new Set<string>();

  constructor(
    private readonly queues: Queues,
    private readonly outage: Outage,
  ) {}

  async list(): Promise<readonly StoredSchedule[]> {
    const names = await this.queues.names();
    return (await Promise.all(names.map(queue => this.listOf(queue)))).flat();
  }

  /** One that is stored already is left alone: a run that is due would be lost. */
  async set(schedule: StoredSchedule): Promise<void> {
    const { name, queue, cron, timeZone, data, retry, isDeclared } = schedule;
    await this.queues.register([queue]);
    const known = (await this.list()).filter(other => other.name === name);
    const others = known.filter(other => other.queue !== queue);
    const [same] = known.filter(other => other.queue === queue);
    if (same === undefined || !isSame(same, schedule)) {
      const template: Template = { data, retry, isDeclared };
      await this.queues
        .of(queue)
        .upsertJobScheduler(
          encodeName(name),
          { pattern: cron, tz: timeZone },
          { name: encodeName(queue), data: template, opts: retryOptions(retry) },
        );
    }
    await Promise.all(others.map(other => this.removeFrom(other.queue, name)));
  }

  async remove(name: string): Promise<boolean> {
    const queues = await this.queues.names();
    const removed = await Promise.all(queues.map(queue => this.removeFrom(queue, name)));
    return removed.includes(true);
  }

  private removeFrom(queue: string, name: string): Promise<boolean> {
    return this.queues.of(queue).removeJobScheduler(encodeName(name));
  }

  private async listOf(queue: string): Promise<readonly StoredSchedule[]> {
    const schedulers = await this.schedulersOf(queue);
    return schedulers.flatMap(({ key, pattern, tz, template }) => {
      const stored = template?.data as Template | undefined;
      if (stored?.retry === undefined || pattern === undefined) return [];
      const { data, retry, isDeclared } = stored;
      return [{ name: decodeName(key), queue, cron: pattern, timeZone: tz ?? 'UTC', data, retry, isDeclared }];
    });
  }

  private async schedulersOf(queue: string): Promise<readonly JobSchedulerJson<unknown>[]> {
    const known = this.queues.of(queue);
    try {
      return await known.getJobSchedulers(0, -1, true);
    } catch (error) {
      if (!isUnreadable(error)) throw error;
    }
    const client = await this.queues.client();
    const read = (await client.zrange(known.toKey('repeat'), 0, -1)).map(async key => {
      const found = await known.getJobScheduler(key).catch((error: unknown) => this.leaveOut(queue, key, error));
      return found ?? [];
    });
    return (await Promise.all(read)).flat();
  }

  /** Another program has written it: it must not keep applications from starting. */
  private leaveOut(queue: string, key: string, error: unknown): undefined {
    if (!isUnreadable(error)) throw error;
    const said = `The schedule "${decodeName(key)}" of the queue "${queue}" cannot be read, and is left out`;
    if (this.told.has(said)) return;
    this.told.add(said);
    this.outage.failed(said, error);
  }
}

/** It is not JSON, or has the key of something else. */
const isUnreadable = (error: unknown): boolean =>
  error instanceof SyntaxError || (error instanceof Error && error.message.includes('WRONGTYPE'));

/** Whether both run the same message at the same times. When it was declared does not matter. */
const isSame = (one: StoredSchedule, other: StoredSchedule): boolean => textOf(one) === textOf(other);

const textOf = ({ cron, timeZone, data: { kind, envelope }, retry, isDeclared }: StoredSchedule): string =>
  JSON.stringify([
    cron,
    timeZone,
    kind,
    envelope,
    [retry.limit, retry.delay, retry.backoff, retry.maxDelay],
    isDeclared,
  ]);
