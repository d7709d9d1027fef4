import { Injectable } from '@nestjs/common';
import type { EnvelopeJSON } from '../../envelope/envelope.js';
import type { MessageCatalog } from '../../envelope/message-catalog.js';
import { isRecord } from '../../envelope/message-meta.js';
import type { FailureJSON } from '../frame.js';
import {
  checkName,
  PAGE,
  toDiscardChoice,
  toFilter,
  toRedriveChoice,
  type DeadLetterChoice,
  type DeadLetterFilter,
  type DiscardChoice,
} from './dead-letter-options.js';
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
  async list(filter: DeadLetterFilter = {}): Promise<DeadMessage[]> {
    const { queue, after, limit = PAGE } = toFilter(filter);
    const { deadLetters } = await this.desk.transport();
    const queues = queue === undefined ? this.desk.queueNames() : [this.desk.known(queue)];
    const pages = await Promise.all(queues.map(each => deadLetters.list(each, { limit, after })));
    return pages.flat().map(letter => this.messageOf(letter));
  }

  /**
   * One dead letter; undefined if there is none of that id.
   * @throws (rejects) CqrsException (CQRS_NOT_DURABLE, CQRS_UNKNOWN_QUEUE, CQRS_INVALID_OPTIONS)
   */
  async get(queue: string, id: string): Promise<DeadMessage | undefined> {
    checkName('queue', queue, 'DeadLetters.get()');
    checkName('id', id, 'DeadLetters.get()');
    const { deadLetters } = await this.desk.transport();
    const found = await deadLetters.get(this.desk.known(queue), id);
    return found && this.messageOf(found);
  }

  /**
   * Gives messages all their attempts again, one after another.
   * @param choice without `ids`: all of the queue
   * @returns how many
   * @throws (rejects) CqrsException (CQRS_NOT_DURABLE, CQRS_UNKNOWN_QUEUE, CQRS_INVALID_OPTIONS)
   */
  async redrive(choice: DeadLetterChoice): Promise<number> {
    return this.each(toRedriveChoice(choice), 'redrive');
  }

  /**
   * Deletes messages for good.
   * @param choice `ids`, or `all: true`
   * @returns how many
   * @throws (rejects) CqrsException (CQRS_NOT_DURABLE, CQRS_UNKNOWN_QUEUE, CQRS_INVALID_OPTIONS)
   */
  async discard(choice: DiscardChoice): Promise<number> {
    return this.each(toDiscardChoice(choice), 'discard');
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
    const ids = new Set<string>();
    let after: string | undefined;
    for (;;) {
      // A page may be short: others redrive and discard meanwhile.
      const page = await deadLetters.list(queue, { limit: PAGE, after });
      const known = ids.size;
      for (const { id } of page) ids.add((after = id));
      if (ids.size === known) return [...ids];
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
