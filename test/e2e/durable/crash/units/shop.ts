import { setTimeout as pause } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import { TransactionHost } from '@nestjs-cls/transactional';
import { CommandBus, CommandHandler, delivery, Durable, EventBus, EventsHandler, MessageContext } from 'nestjs-cqrs';
import { Transactional, type PgTransactionalAdapter } from 'nestjs-cqrs/transactional';
import type { Pool } from 'pg';
import { Effects } from '../effects.js';
import { Place, Placed, Ship } from './messages.js';

/** Milliseconds. */
const LONGEST_WORK = 30;

/** Under this token is the name of the table. */
export const TABLE = 'table';

/** Its effects are rows: nothing but the unit of work keeps a second attempt from writing a second one. */
@Injectable()
export class Shop {
  constructor(
    private readonly commands: CommandBus,
    private readonly events: EventBus,
    private readonly host: TransactionHost<PgTransactionalAdapter<Pool>>,
    private readonly effects: Effects,
    @Inject(TABLE) private readonly table: string,
  ) {}

  @CommandHandler(Place)
  @Transactional()
  async place({ n, failures }: Place, context: MessageContext): Promise<void> {
    await this.work('place', n, context, async attempt => {
      // Without ids of their own: those of two attempts are two messages.
      await this.events.publish(new Placed(n));
      await this.commands.enqueue(new Ship(n));
      if (attempt <= failures) throw new Error('sold out');
    });
  }

  @CommandHandler(Ship)
  @Transactional()
  ship({ n }: Ship, context: MessageContext): Promise<void> {
    return this.work('ship', n, context);
  }

  @EventsHandler(Placed)
  @Durable('units.bill')
  @Transactional()
  bill({ n }: Placed, context: MessageContext): Promise<void> {
    return this.work('bill', n, context);
  }

  private async work(
    step: string,
    n: number,
    context: MessageContext,
    next: (attempt: number) => Promise<void> = async () => {},
  ): Promise<void> {
    const { id, attempt } = context.header(delivery)!;
    const about = { handler: step, n, id, attempt };
    this.effects.write({ what: 'begun', ...about });
    try {
      await pause(Math.random() * LONGEST_WORK);
      await this.host.tx.query(`INSERT INTO ${this.table} VALUES ($1, $2)`, [step, n]);
      this.effects.write({ what: 'effect', ...about });
      await pause(Math.random() * LONGEST_WORK);
      await next(attempt);
      await pause(Math.random() * LONGEST_WORK);
    } catch (error) {
      this.effects.write({ what: 'failed', ...about });
      throw error;
    }
  }
}
