import { CqrsException } from '../../errors/cqrs.exception.js';
import { nearNames } from '../../options/near-names.js';
import type { DurableTransport } from './durable-transport.js';

/** What `DeadLetters`, `Queues` and `Schedules` ask of the application. */
export interface DurableDesk {
  /**
   * Open, so that it may be asked.
   * @throws (rejects) CqrsException (CQRS_NOT_DURABLE, CQRS_ENGINE_UNAVAILABLE)
   */
  transport(): Promise<DurableTransport>;
  /** Of this process. */
  queueNames(): readonly string[];
  /** @throws CqrsException (CQRS_UNKNOWN_QUEUE) */
  known(queue: string): string;
}

export const notDurable = (what: string, where: string): CqrsException =>
  new CqrsException({
    code: 'CQRS_NOT_DURABLE',
    what: `${what}: the application has no engine that stores messages.`,
    where,
    remedy: 'Give it one: CqrsModule.forRoot({ durable: { transport: pgBoss(boss) } }).',
  });

export const unknownQueue = (queue: string, queues: readonly string[]): CqrsException =>
  new CqrsException({
    code: 'CQRS_UNKNOWN_QUEUE',
    what: `This process has no queue "${queue}".`,
    remedy: remedyFor(queue, queues),
  });

/** The nearest come first. */
function remedyFor(queue: string, queues: readonly string[]): string {
  if (queues.length === 0)
    return 'It has none: provide the handlers whose queues are meant, or name their commands in durable.elsewhere.';
  return `It has ${[...new Set([...nearNames(queue, queues), ...queues])].slice(0, 5).join(', ')}.`;
}
