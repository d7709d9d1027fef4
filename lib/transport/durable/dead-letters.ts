import { Injectable } from '@nestjs/common';
import type { EnvelopeJSON } from '../../envelope/envelope.js';
import type { MessageCatalog } from '../../envelope/message-catalog.js';
import { isRecord } from '../../envelope/message-meta.js';
import { CqrsException } from '../../errors/cqrs.exception.js';
import type { FailureJSON } from '../frame.js';
import type { DeadLetter } from './durable-transport.js';
import type { DurableDesk } from './durable-desk.js';

/** A message that is not tried again. */
export interface DeadMessage {
  /** Of the job; the `messageId`. */
  readonly id: string;
  readonly queue: string;
  readonly attempts: number;
  /** Why the last attempt failed; undefined where the engine gave the job up. */
  readonly reason: FailureJSON | undefined;
  readonly diedAt: Date;
  /** As it was stored; undefined where that is not an envelope. */
  readonly envelope: EnvelopeJSON | undefined;
  /** Undefined where the catalog cannot read it. */
  readonly message: object | undefined;
}

/** Which dead letters `list` returns. */
export interface DeadLetterFilter {
  /** Default: all queues of this process. */
  readonly queue?: string | undefined;
  /** Those after the one of this id; needs `queue`. Default: from the oldest on. */
  readonly after?: string | undefined;
  /** At most so many, of each queue. Default: 100. */
  readonly limit?: number | undefined;
}

/** Which dead letters `redrive` and `discard` take. */
export interface DeadLetterChoice {
  readonly queue: string;
  /** Default: all that the queue has when the call begins. */
  readonly ids?: readonly string[] | undefined;
  /** Called after each dead letter. */
  readonly onProgress?: ((done: number) => void) | undefined;
}

/** How many are read at a time. */
const PAGE = 100;

/** Messages that are not tried again, of the queues of this process. Injectable. */
@Injectable()
export class DeadLetters {
  /** @internal */
  constructor(
    private readonly desk: DurableDesk,
    private readonly catalog: MessageCatalog,
  ) {}

  /**
   * Oldest first, queue by queue.
   * @throws (rejects) CqrsException (CQRS_NOT_DURABLE, CQRS_UNKNOWN_QUEUE, CQRS_INVALID_OPTIONS)
   */
  async list({ queue, after, limit = PAGE }: DeadLetterFilter = {}): Promise<DeadMessage[]> {
    if (after !== undefined && queue === undefined) throw afterWithoutQueue();
    if (!Number.isInteger(limit) || limit < 1) throw invalidLimit(limit);
    const { deadLetters } = await this.desk.transport();
    const queues = queue === undefined ? this.desk.queueNames() : [this.desk.known(queue)];
    const pages = await Promise.all(queues.map(each => deadLetters.list(each, { limit, after })));
    return pages.flat().map(letter => this.messageOf(letter));
  }

  /**
   * One dead letter; undefined if there is none of that id.
   * @throws (rejects) CqrsException (CQRS_NOT_DURABLE, CQRS_UNKNOWN_QUEUE)
   */
  async get(queue: string, id: string): Promise<DeadMessage | undefined> {
    const { deadLetters } = await this.desk.transport();
    const found = await deadLetters.get(this.desk.known(queue), id);
    return found && this.messageOf(found);
  }

  /**
   * Gives messages all their attempts again, one after another.
   * @returns how many
   * @throws (rejects) CqrsException (CQRS_NOT_DURABLE, CQRS_UNKNOWN_QUEUE)
   */
  redrive(choice: DeadLetterChoice): Promise<number> {
    return this.each(choice, 'redrive');
  }

  /**
   * Deletes messages for good.
   * @returns how many
   * @throws (rejects) CqrsException (CQRS_NOT_DURABLE, CQRS_UNKNOWN_QUEUE)
   */
  discard(choice: DeadLetterChoice): Promise<number> {
    return this.each(choice, 'discard');
  }

  private async each({ queue, ids, onProgress }: DeadLetterChoice, what: 'redrive' | 'discard'): Promise<number> {
    const { deadLetters } = await this.desk.transport();
    const known = this.desk.known(queue);
    let done = 0;
    for (const id of ids ?? (await this.idsOf(known))) {
      if (!(await deadLetters[what](known, id))) continue;
      done += 1;
      onProgress?.(done);
    }
    return done;
  }

  /** Read first: one that fails again meanwhile is not taken twice. */
  private async idsOf(queue: string): Promise<string[]> {
    const { deadLetters } = await this.desk.transport();
    const ids: string[] = [];
    for (;;) {
      const page = await deadLetters.list(queue, { limit: PAGE, after: ids.at(-1) });
      ids.push(...page.map(({ id }) => id));
      if (page.length < PAGE) return ids;
    }
  }

  private messageOf({ data, ...letter }: DeadLetter): DeadMessage {
    const envelope = isRecord(data) && isRecord(data['envelope']) ? data['envelope'] : undefined;
    return { ...letter, envelope: envelope as EnvelopeJSON | undefined, message: this.read(envelope) };
  }

  private read(envelope: unknown): object | undefined {
    try {
      return this.catalog.fromJSON(envelope).payload;
    } catch {
      return undefined;
    }
  }
}

const afterWithoutQueue = (): CqrsException =>
  new CqrsException({
    code: 'CQRS_INVALID_OPTIONS',
    what: 'The option "after" needs the option "queue": each queue has an order of its own.',
    where: 'DeadLetters.list()',
    remedy: 'Give the queue of the dead letter.',
  });

const invalidLimit = (limit: unknown): CqrsException =>
  new CqrsException({
    code: 'CQRS_INVALID_OPTIONS',
    what: `The option "limit" must be a whole number of 1 or more, not ${String(limit)}.`,
    where: 'DeadLetters.list()',
    remedy: 'Give such a number, or leave it out.',
  });
