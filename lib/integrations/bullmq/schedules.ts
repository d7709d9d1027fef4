import type { ScheduleStore, StoredSchedule } from '../../extension.js';
import { decodeName, encodeName } from './encoding.js';
import type { Queues } from './queues.js';
import { retryOptions, type StoredData } from './stored-job.js';

/** What the template of a job scheduler carries. */
interface Template extends StoredData {
  readonly isDeclared: boolean;
}

/** The job schedulers of BullMQ. */
export class JobSchedulers implements ScheduleStore {
  constructor(private readonly queues: Queues) {}

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
    const schedulers = await this.queues.of(queue).getJobSchedulers(0, -1, true).catch(unreadable);
    return schedulers.flatMap(({ key, pattern, tz, template }) => {
      const stored = template?.data as Template | undefined;
      if (stored?.retry === undefined || pattern === undefined) return [];
      const { data, retry, isDeclared } = stored;
      return [{ name: decodeName(key), queue, cron: pattern, timeZone: tz ?? 'UTC', data, retry, isDeclared }];
    });
  }
}

/** Another program has written a scheduler that is not JSON: it must not keep applications from starting. */
function unreadable(error: unknown): [] {
  if (error instanceof SyntaxError) return [];
  throw error;
}

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
