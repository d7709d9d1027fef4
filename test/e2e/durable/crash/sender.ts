import { setTimeout as pause } from 'node:timers/promises';
import type { INestApplicationContext } from '@nestjs/common';
import { CommandBus, DeadLetters, Queues } from 'nestjs-cqrs';
import type { Seeded } from '../../remote/faults/seeded.js';
import { application } from './application.js';
import type { Effects } from './effects.js';
import type { EngineAddress } from './engines.js';
import { Place, type Fate } from './messages.js';
import { idOf, waiting, type Order } from './tally.js';

let last = 0;

/** Of every ten. */
const FATES: readonly Fate[] = ['well', 'well', 'retried', 'well', 'well', 'poison', 'well', 'retried', 'well', 'well'];

/** An order of which no other test knows. */
export const newOrder = (fate: Fate = FATES[last % FATES.length]!): Order => ({ n: ++last, fate });

export const newOrders = (count: number): Order[] => Array.from({ length: count }, () => newOrder());

/** The application that stores. It handles nothing. */
export class Sender {
  /** Calls that were refused: their order was stored again under the same id. */
  refused = 0;
  /** Of those, the ones that had been stored after all. */
  duplicates = 0;
  /** Message ids that must be dead letters. */
  private readonly poison: string[] = [];

  private constructor(
    private readonly app: INestApplicationContext,
    private readonly random: Seeded,
  ) {}

  static async start(engine: EngineAddress, effects: Effects, random: Seeded): Promise<Sender> {
    return new Sender(await application(engine, effects, { work: false }), random);
  }

  /** Resolves when the engine has acknowledged each. A third of them is delayed. */
  async store(orders: readonly Order[]): Promise<void> {
    const delay = () => (this.random.below(3) === 0 ? this.random.below(1000) : 0);
    await Promise.all(orders.map(order => this.storeOne(order, delay())));
  }

  async storeNow(order: Order): Promise<void> {
    await this.storeOne(order, 0);
  }

  /** Resolves when no queue has anything left. Two looks: a message may move on between the queues. */
  async settled(): Promise<void> {
    for (let looks = 0; looks < 2; await pause(50)) looks = (await this.waiting()) === 0 ? looks + 1 : 0;
  }

  async waiting(): Promise<number> {
    return waiting(await this.app.get(Queues).list());
  }

  /** Dead letters that are wrong, and those that are missing. */
  async wronglyDead(): Promise<string[]> {
    const letters = await this.app.get(DeadLetters).list({ limit: 10_000 });
    const dead = letters.map(({ id }) => id);
    return [...dead.filter(id => !this.poison.includes(id)), ...this.poison.filter(id => !dead.includes(id))];
  }

  close(): Promise<void> {
    return this.app.close();
  }

  private async storeOne(order: Order, delay: number): Promise<void> {
    const messageId = idOf(order);
    if (order.fate === 'poison') this.poison.push(messageId);
    for (;;)
      try {
        const { isDuplicate } = await this.app
          .get(CommandBus)
          .enqueue(new Place(order.n, order.fate), { messageId, delay });
        if (isDuplicate) this.duplicates += 1;
        return;
      } catch {
        this.refused += 1;
        await pause(20);
      }
  }
}
