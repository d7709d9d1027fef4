import { AggregateRoot } from 'nestjs-cqrs';
import { ItemFound } from './events/item-found.js';

/** Somebody who carries what was found. */
export class Hero extends AggregateRoot {
  readonly items: string[] = [];

  constructor(
    readonly id: string,
    readonly name: string,
  ) {
    super();
  }

  /** Picks an item up. */
  find(item: string): void {
    this.apply(new ItemFound(this.id, item));
  }

  /** Called by `apply`. */
  onItemFound(event: ItemFound): void {
    this.items.push(event.item);
  }
}
