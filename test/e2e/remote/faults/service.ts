import { setTimeout as delay } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { CommandHandler, EventsHandler, MessageContext, QueryHandler } from 'nestjs-cqrs';
import { Add, Ask, Happened, Refused, Rows } from './messages.js';
import { oddAnswer, oddRows } from './odd.js';

/** What a service has done, as far as its tests ask. */
export interface Done {
  /** How often each command was handled. */
  readonly handled: Record<string, number>;
  readonly cancelled: number;
  readonly running: number;
  readonly produced: number;
  readonly openRows: number;
  readonly happened: string[];
}

/** Handles the messages of these tests, and counts. */
@Injectable()
export class Service {
  private readonly handled = new Map<string, number>();
  private readonly happened: string[] = [];
  private cancelled = 0;
  private running = 0;
  private produced = 0;
  private openRows = 0;

  get done(): Done {
    const { handled, cancelled, running, produced, openRows, happened } = this;
    return { handled: Object.fromEntries(handled), cancelled, running, produced, openRows, happened };
  }

  @CommandHandler(Add)
  async add({ id, takes }: Add, { signal }: MessageContext) {
    this.handled.set(id, (this.handled.get(id) ?? 0) + 1);
    this.running += 1;
    try {
      if (takes > 0) await delay(takes, undefined, { signal });
    } catch (error) {
      this.cancelled += 1;
      throw error;
    } finally {
      this.running -= 1;
    }
    return { id, process: process.pid };
  }

  @QueryHandler(Ask)
  ask({ how, value }: Ask, context: MessageContext) {
    if (how === 'refused') throw new Refused(new Date(7));
    return oddAnswer(how, value, context);
  }

  @QueryHandler(Rows)
  async *rows({ count, how }: Rows) {
    this.openRows += 1;
    try {
      for (let i = 0; i < count; i++) {
        this.produced += 1;
        yield oddRows(how, i);
        if (how === 'silent' && i === 2) await new Promise(() => undefined);
      }
    } finally {
      this.openRows -= 1;
      // eslint-disable-next-line no-unsafe-finally -- a source that fails at its end
      if (how === 'fails at the end') throw new Error('at the end');
    }
  }

  @EventsHandler(Happened)
  happen({ id }: Happened) {
    this.happened.push(id);
  }
}
