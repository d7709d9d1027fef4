import { setTimeout as pause } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import {
  CommandBus,
  CommandHandler,
  delivery,
  Durable,
  EventBus,
  EventsHandler,
  MessageContext,
  UnrecoverableException,
} from 'nestjs-cqrs';
import { SelfKill } from './self-kill.js';
import { Effects } from './effects.js';
import { Place, Placed, Ship, type Fate } from './messages.js';

/** Milliseconds. */
const LONGEST_WORK = 40;

/** Writes down what it does. */
@Injectable()
export class Shop {
  constructor(
    private readonly commands: CommandBus,
    private readonly events: EventBus,
    private readonly effects: Effects,
    private readonly selfKill: SelfKill,
  ) {}

  @CommandHandler(Place)
  async place({ n, fate }: Place, context: MessageContext): Promise<void> {
    await this.work('place', n, context, fate, async () => {
      // The job of a second attempt is a duplicate of that of the first.
      await this.commands.enqueue(new Ship(n), { messageId: `ship-${n}`, delay: (n % 3) * 100 });
      // Under a new id in each attempt.
      await this.events.publish(new Placed(n));
    });
  }

  @CommandHandler(Ship)
  ship({ n }: Ship, context: MessageContext): Promise<void> {
    return this.work('ship', n, context);
  }

  @EventsHandler(Placed)
  @Durable('crash.bill')
  bill({ n }: Placed, context: MessageContext): Promise<void> {
    return this.work('bill', n, context, n % 7 === 0 ? 'retried' : 'well');
  }

  @EventsHandler(Placed)
  @Durable('crash.notify')
  notify({ n }: Placed, context: MessageContext): Promise<void> {
    return this.work('notify', n, context);
  }

  private async work(
    handler: string,
    n: number,
    context: MessageContext,
    fate: Fate = 'well',
    followUp = async () => {},
  ): Promise<void> {
    const { id, attempt } = context.header(delivery)!;
    const about = { handler, n, id, attempt };
    this.effects.write({ what: 'begun', ...about });
    try {
      await pause(Math.random() * LONGEST_WORK);
      if (fate === 'poison') throw new UnrecoverableException('no such article');
      if (fate === 'retried' && attempt < 3) throw new Error('sold out');
      this.effects.write({ what: 'effect', ...about });
      if (this.selfKill.isAt('in the handler', about)) this.selfKill.now();
      await pause(Math.random() * LONGEST_WORK);
      await followUp();
      this.effects.write({ what: 'ended', ...about });
    } catch (error) {
      this.effects.write({ what: 'failed', ...about });
      throw error;
    }
  }
}
