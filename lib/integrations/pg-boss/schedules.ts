import type { RetryPolicy, ScheduleStore, StoredSchedule } from '../../extension.js';
import type { Engine } from './engine.js';
import type { Names } from './names.js';
import type { Settings } from './options.js';
import { packed, parsed, retryColumns, seconds, unpacked } from './stored-job.js';

interface ScheduleRow {
  readonly cron: string;
  readonly timezone: string;
  readonly data: unknown;
}

/** What `data` of a schedule holds beside the job. */
interface ScheduleData {
  /** The queue of its jobs, in the engine. */
  readonly target: string;
  readonly schedule: Pick<StoredSchedule, 'name' | 'queue' | 'isDeclared'>;
}

/**
 * pg-boss 10 has one schedule for each queue: each schedule fills a queue of its own, and the process that works the
 * queue of the message moves its jobs there.
 */
export class PgBossSchedules implements ScheduleStore {
  constructor(
    private readonly engine: Engine,
    private readonly names: Names,
    private readonly settings: Settings,
  ) {}

  async list(): Promise<readonly StoredSchedule[]> {
    const rows = await this.engine.run<ScheduleRow>('schedules', [this.names.schedules]);
    return rows.map(storedSchedule).filter(schedule => schedule !== undefined);
  }

  async set({ name, queue, cron, timeZone, data, retry, isDeclared }: StoredSchedule): Promise<void> {
    const source = this.names.schedule(name);
    await this.engine.makeQueue(source, 'standard');
    const said: ScheduleData = { target: this.names.queue(queue), schedule: { name, queue, isDeclared } };
    const stored = { ...packed({ data, retry }), ...said };
    const { retryDelayMax, ...columns } = retryColumns(retry);
    // The process that has removed another one of this name may have died meanwhile.
    await this.engine.run('clearNew', [source]);
    const longest = this.engine.major === 12 && retryDelayMax !== null ? { retryDelayMax } : {};
    await this.engine.schedule(source, cron, timeZone, stored, { ...columns, ...longest });
  }

  async remove(name: string): Promise<boolean> {
    const source = this.names.schedule(name);
    const isKnown = (await this.list()).some(schedule => schedule.name === name);
    await this.engine.unschedule(source);
    await this.engine.run('clear', [source]);
    return isKnown;
  }

  /**
   * Moves the jobs that are due.
   * @param queues in the engine
   * @returns those that got some
   */
  async move(queues: readonly string[]): Promise<ReadonlySet<string>> {
    const { keep, lease } = this.settings;
    const values = [this.names.schedules, JSON.stringify(queues), seconds(lease)];
    if (this.engine.major === 12) values.push(seconds(keep));
    const rows = await this.engine.run<{ name: string }>('move', values);
    return new Set(rows.map(row => row.name));
  }
}

/** Undefined for rows of others: one must not keep applications from starting. */
function storedSchedule({ cron, timezone, data: row }: ScheduleRow): StoredSchedule | undefined {
  const { data, retry } = unpacked({ id: '', data: row });
  const { schedule } = (parsed(row) ?? {}) as Partial<ScheduleData>;
  if (retry === undefined || typeof schedule?.name !== 'string' || typeof schedule.queue !== 'string') return undefined;
  return { ...schedule, cron, timeZone: timezone, data: data as StoredSchedule['data'], retry: policy(retry) };
}

const policy = ({ limit, delay, backoff, maxDelay }: RetryPolicy): RetryPolicy => ({ limit, delay, backoff, maxDelay });
