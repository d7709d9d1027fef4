import { Injectable } from '@nestjs/common';
import { textOf } from '../../dispatch/failures.js';
import type { MessageCatalog } from '../../envelope/message-catalog.js';
import { isRecord } from '../../envelope/message-meta.js';
import { isA } from '../../envelope/typed.js';
import { CqrsException } from '../../errors/cqrs.exception.js';
import type { DurableDesk } from './durable-desk.js';
import type { ScheduleStore, StoredSchedule } from './durable-transport.js';
import { scheduleCall, scheduleProblems, type Schedule } from './schedule.js';
import type { StoredQueue } from './stored-invoker.js';

/** A schedule, as the engine has it. */
export interface ScheduleState {
  readonly name: string;
  readonly queue: string;
  readonly cron: string;
  readonly timeZone: string;
  /** It comes from the module options, not from `set()`. */
  readonly isDeclared: boolean;
  /** Undefined where the catalog cannot read it. */
  readonly command: object | undefined;
}

/** What schedules ask of the application. */
export interface SchedulesDesk extends DurableDesk {
  /** @throws CqrsException for a command that cannot be stored */
  queueOf(command: object): StoredQueue;
}

/** Commands that are stored again and again. Injectable. */
@Injectable()
export class Schedules {
  /** @internal */
  constructor(
    private readonly desk: SchedulesDesk,
    private readonly catalog: MessageCatalog,
  ) {}

  /**
   * All schedules that the engine has for this library, of all processes.
   * @throws (rejects) CqrsException (CQRS_NOT_DURABLE, CQRS_NO_SCHEDULES)
   */
  async list(): Promise<ScheduleState[]> {
    const stored = await (await this.store()).list();
    return stored.map(({ name, queue, cron, timeZone, isDeclared, data }) => ({
      name,
      queue,
      cron,
      timeZone,
      isDeclared,
      command: this.read(data),
    }));
  }

  /**
   * Adds a schedule, or replaces that of the same name. It stays until `remove()`.
   * @throws (rejects) CqrsException (CQRS_NOT_DURABLE, CQRS_NO_SCHEDULES, CQRS_INVALID_OPTIONS, CQRS_NOT_STORED; for
   * its command CQRS_NOT_DURABLE_CLASS, CQRS_HANDLER_NOT_FOUND)
   */
  async set(schedule: Schedule): Promise<void> {
    const [problem] = scheduleProblems(schedule, 'Schedules.set()');
    if (problem !== undefined) throw new CqrsException(problem);
    const store = await this.store();
    await this.setIn(store, this.stored(schedule, { isDeclared: false }));
  }

  /**
   * Removes a schedule; one that is declared comes back with the next start.
   * @returns false if there is none of that name
   * @throws (rejects) CqrsException (CQRS_NOT_DURABLE, CQRS_NO_SCHEDULES)
   */
  async remove(name: string): Promise<boolean> {
    return (await this.store()).remove(name);
  }

  /**
   * Sets declared schedules, and removes those that are no longer declared.
   * @internal
   * @param queues that this process works: others belong to other processes
   */
  async reconcile(declared: readonly Schedule[], queues: ReadonlySet<string>): Promise<void> {
    const store = await this.store();
    const wanted = declared.map(schedule => this.stored(schedule, { isDeclared: true }));
    for (const { name, queue, isDeclared } of await store.list())
      if (isDeclared && queues.has(queue) && !wanted.some(each => each.name === name)) await store.remove(name);
    for (const schedule of wanted) await this.setIn(store, schedule);
  }

  private stored({ name, command, options }: Schedule, { isDeclared }: { isDeclared: boolean }): StoredSchedule {
    try {
      const { name: queue, kind, retry } = this.desk.queueOf(command);
      const { cron, timeZone = 'UTC' } = options;
      const data = { kind, envelope: this.catalog.envelope(command).toJSON(), enqueuedAt: Date.now() };
      return { name, queue, cron, timeZone, data, retry, isDeclared };
    } catch (error) {
      throw isA(CqrsException, error) ? named(name, error) : error;
    }
  }

  /** An engine may refuse what others take. */
  private async setIn(store: ScheduleStore, schedule: StoredSchedule): Promise<void> {
    try {
      await store.set(schedule);
    } catch (error) {
      if (isA(CqrsException, error)) throw error;
      throw notSet(schedule, (await this.desk.transport()).engine, error);
    }
  }

  private async store(): Promise<ScheduleStore> {
    const { schedules, engine } = await this.desk.transport();
    if (schedules === undefined) throw noSchedules(engine);
    return schedules;
  }

  private read(data: unknown): object | undefined {
    try {
      return isRecord(data) ? this.catalog.fromJSON(data['envelope']).payload : undefined;
    } catch {
      return undefined;
    }
  }
}

export const noSchedules = (engine: string): CqrsException =>
  new CqrsException({
    code: 'CQRS_NO_SCHEDULES',
    what: `${engine} cannot store messages on a schedule.`,
    where: 'durable.schedules of CqrsModule.forRoot()',
    remedy: 'Use pg-boss or BullMQ, or enqueue the command from a timer of your own.',
  });

/** A command that cannot be stored. */
const named = (name: string, cause: CqrsException): CqrsException =>
  new CqrsException({
    code: cause.code,
    what: `The schedule "${name}" does not work. ${cause.what}`,
    where: scheduleCall(name),
    remedy: cause.remedy,
    cause,
  });

const notSet = ({ name, cron, timeZone }: StoredSchedule, engine: string, cause: unknown): CqrsException =>
  new CqrsException({
    code: 'CQRS_NOT_STORED',
    what: `The schedule "${name}" (${cron}, ${timeZone}) could not be set in ${engine}: ${textOf(cause)}.`,
    where: scheduleCall(name),
    remedy: 'Look at the text of the engine: correct the schedule, or try again.',
    cause,
  });
