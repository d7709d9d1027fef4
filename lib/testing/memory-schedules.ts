import { randomUUID } from 'node:crypto';
import type { ScheduleStore, StoredSchedule } from '../extension.js';
import { Cron } from './cron.js';
import type { MemoryStorage } from './memory-storage.js';

interface Armed {
  readonly schedule: StoredSchedule;
  disarm(): void;
}

/** Schedules on the virtual clock. */
export class MemorySchedules implements ScheduleStore {
  private readonly armed = new Map<string, Armed>();

  constructor(private readonly storage: MemoryStorage) {}

  async list(): Promise<readonly StoredSchedule[]> {
    return [...this.armed.values()].map(({ schedule }) => copyOf(schedule));
  }

  /** Rejects with a `RangeError` if the cron expression or the time zone is not valid, or never matches. */
  async set(schedule: StoredSchedule): Promise<void> {
    const cron = new Cron(schedule.cron, schedule.timeZone);
    const first = cron.next(this.storage.now);
    this.armed.get(schedule.name)?.disarm();
    this.arm(copyOf(schedule), cron, first);
  }

  async remove(name: string): Promise<boolean> {
    this.armed.get(name)?.disarm();
    return this.armed.delete(name);
  }

  private arm(schedule: StoredSchedule, cron: Cron, time: number): void {
    const { name, queue, data, retry } = schedule;
    const disarm = this.storage.clock.at(time, () => {
      this.arm(schedule, cron, cron.next(time));
      this.storage.store([{ id: randomUUID(), queue, data, retry }]);
    });
    this.armed.set(name, { schedule, disarm });
  }
}

const copyOf = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;
