import { AggregateRoot } from '../../../lib/aggregates/aggregate-root.js';
import { On } from '../../../lib/aggregates/on.decorator.js';

export class DragonKilled {
  constructor(readonly dragon: string) {}
}
export class GreatDragonKilled extends DragonKilled {}
export class ItemFound {
  constructor(readonly item: string) {}
}
export class Rested {}

/** An aggregate whose methods are found in all the ways there are. */
export class Hero extends AggregateRoot {
  readonly seen: string[] = [];

  kill(dragon: string): void {
    this.apply(new DragonKilled(dragon));
  }

  find(item: string): void {
    this.apply(new ItemFound(item));
  }

  protected onDragonKilled(event: DragonKilled): void {
    this.seen.push(`killed ${event.dragon}`);
  }

  @On(ItemFound)
  protected remember(event: ItemFound): void {
    this.seen.push(`found ${event.item}`);
  }
}

/** A publisher whose promises the test settles. */
export class Broker {
  readonly batches: object[][] = [];
  private readonly pending: { resolve(): void; reject(error: unknown): void }[] = [];

  publishAll(events: object[]): Promise<void> {
    this.batches.push(events);
    return new Promise((resolve, reject) => this.pending.push({ resolve, reject }));
  }

  accept(i = 0): void {
    this.pending[i]!.resolve();
  }

  refuse(error: unknown, i = 0): void {
    this.pending[i]!.reject(error);
  }
}
