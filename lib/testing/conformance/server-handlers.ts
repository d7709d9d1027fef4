import { ConflictException, Inject, Injectable } from '@nestjs/common';
import { CommandHandler, EventsHandler, QueryHandler, type MessageContext } from '../../index.js';
import { Desk } from './desk.js';
import { tenant } from './headers.js';
import * as messages from './messages.js';

/** Answers the queries and commands of the suite. */
@Injectable()
export class ServerHandlers {
  constructor(@Inject(Desk) private readonly desk: Desk) {}

  @QueryHandler(messages.Echo)
  echo({ value }: messages.Echo): messages.Echoed {
    return { value, type: value?.constructor.name ?? 'none' };
  }

  @QueryHandler(messages.Ping)
  ping({ key }: messages.Ping): string {
    return this.handled(key);
  }

  @CommandHandler(messages.Once)
  once({ key }: messages.Once): string {
    return this.handled(key);
  }

  @QueryHandler(messages.Observe)
  observe(_query: messages.Observe, context: MessageContext): messages.Seen {
    const { messageId, correlationId, causationId, remaining } = context;
    const own = Object.getOwnPropertySymbols(context.headers).map(symbol => String(symbol.description));
    const headers = [...Object.keys(context.headers), ...own];
    return { messageId, correlationId, causationId, headers, tenant: context.header(tenant), remaining };
  }

  @QueryHandler(messages.Fail)
  fail({ how }: messages.Fail): never {
    if (how === 'listed') throw messages.declined();
    if (how === 'http') throw new ConflictException({ reason: 'taken' });
    throw framedError();
  }

  @QueryHandler(messages.Wait)
  async wait({ key, length }: messages.Wait, { signal }: MessageContext): Promise<string> {
    await this.desk.wait(key, signal);
    return key.padEnd(length, '.');
  }

  @QueryHandler(messages.Brief)
  async brief({ key, holds }: messages.Brief, { signal }: MessageContext): Promise<string> {
    if (holds) await this.desk.wait(key, signal);
    return key;
  }

  @EventsHandler(messages.Happened)
  async happened({ key }: messages.Happened, { signal }: MessageContext): Promise<void> {
    await this.desk.wait(key, signal);
  }

  @QueryHandler(messages.Produced)
  produced({ key }: messages.Produced): number {
    return this.desk.produced.get(key) ?? 0;
  }

  private handled(key: string): string {
    this.desk.note('handled', key, this.desk.id);
    return this.desk.id;
  }
}

/** Answers with rows. */
@Injectable()
export class RowHandlers {
  constructor(@Inject(Desk) private readonly desk: Desk) {}

  @QueryHandler(messages.Count)
  count(query: messages.Count): AsyncGenerator<messages.CountedRow> {
    return this.rows(query);
  }

  @QueryHandler(messages.BriefCount)
  briefCount(query: messages.BriefCount): AsyncGenerator<messages.CountedRow> {
    return this.rows(query);
  }

  private async *rows({ key, rows, failsAfter }: messages.Count): AsyncGenerator<messages.CountedRow> {
    this.desk.note('started', key);
    try {
      for (let index = 0; index < rows; index++) {
        if (index === failsAfter) throw messages.declined();
        this.desk.produced.set(key, index + 1);
        yield messages.countedRow(index);
        // A source that never waits would hold the process.
        if (index % 16 === 0) await new Promise(resolve => setImmediate(resolve));
      }
    } finally {
      this.desk.note('ended', key, this.desk.produced.get(key));
    }
  }
}

/** Its name is a frame of the stack, which must not travel. */
export function framedError(): RangeError {
  return new RangeError('out of range');
}
