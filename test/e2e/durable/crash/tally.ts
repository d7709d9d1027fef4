import type { QueueState } from 'nestjs-cqrs';
import type { Entry } from './effects.js';
import type { Fate } from './messages.js';

/** An order that was stored. */
export interface Order {
  readonly n: number;
  readonly fate: Fate;
}

const HANDLERS = ['place', 'ship', 'bill', 'notify'] as const;

type Handler = (typeof HANDLERS)[number];

/** What the file of effects says of some orders. */
export class Tally {
  private readonly entries: readonly Entry[];

  constructor(
    private readonly orders: readonly Order[],
    entries: readonly Entry[],
  ) {
    const known = new Set(orders.map(({ n }) => n));
    this.entries = entries.filter(({ n }) => known.has(n));
  }

  /** Effects that each order must have, and each of its follow-ups. */
  get expected(): number {
    return this.wellEnding.length * HANDLERS.length;
  }

  /** Of those, the ones that are there. */
  get done(): number {
    return this.distinct(this.effects);
  }

  /** Effects that no handler has had. */
  get missing(): string[] {
    const found = new Set(this.effects.map(nameOf));
    return this.wellEnding
      .flatMap(({ n }) => HANDLERS.map(handler => nameOf({ handler, n })))
      .filter(name => !found.has(name));
  }

  /** Effects beside the first of their kind. */
  get doubled(): number {
    return this.effects.length - this.done;
  }

  /** Of those, the ones by a second attempt; the others are of events that a second attempt has published. */
  get repeated(): number {
    return this.effects.length - new Set(this.effects.map(({ handler, id }) => `${handler} ${id}`)).size;
  }

  /** Runs of a handler that neither ended nor failed: their process was killed. */
  get cutOff(): number {
    const runs = (...what: Entry['what'][]) => this.entries.filter(entry => what.includes(entry.what)).length;
    return runs('begun') - runs('ended', 'failed');
  }

  /** Orders that must be dead letters. */
  get poison(): number {
    return this.orders.length - this.wellEnding.length;
  }

  /** Of `repeated`, those where the process of the attempt before went on: its lease had ended. */
  repeatedOf(living: (process: number) => boolean): number {
    const lastOf = new Map<string, number>();
    let count = 0;
    for (const { handler, id, process } of this.effects) {
      const before = lastOf.get(`${handler} ${id}`);
      if (before !== undefined && living(before)) count += 1;
      lastOf.set(`${handler} ${id}`, process);
    }
    return count;
  }

  /** In the order of time. */
  effectsOf({ n }: Order, handler: Handler): Entry[] {
    return this.effects.filter(entry => entry.n === n && entry.handler === handler);
  }

  /** How many jobs of the handler there were for the order. */
  jobsOf(order: Order, handler: Handler): number {
    return new Set(this.effectsOf(order, handler).map(({ id }) => id)).size;
  }

  private get wellEnding(): Order[] {
    return this.orders.filter(({ fate }) => fate !== 'poison');
  }

  private get effects(): Entry[] {
    return this.entries.filter(({ what }) => what === 'effect');
  }

  private distinct(entries: readonly Entry[]): number {
    return new Set(entries.map(nameOf)).size;
  }
}

const nameOf = ({ handler, n }: Pick<Entry, 'handler' | 'n'>): string => `${handler} ${n}`;

/** The `messageId`. */
export const idOf = ({ n }: Pick<Order, 'n'>): string => `place-${n}`;

/** Messages that wait or run. */
export const waiting = (queues: readonly QueueState[]): number =>
  queues.reduce((sum, { ready, delayed, active }) => sum + ready + delayed + active, 0);
