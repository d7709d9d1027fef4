import { EventsHandler, type IEventHandler } from 'nestjs-cqrs';
import { Chronicle } from '../chronicle.js';
import { DragonKilled } from './dragon-killed.js';
import { ItemFound } from './item-found.js';

/** Writes the chronicle. */
// #region handler
@EventsHandler(DragonKilled, ItemFound)
export class ChronicleHandler implements IEventHandler<DragonKilled | ItemFound> {
  constructor(private readonly chronicle: Chronicle) {}

  handle(event: DragonKilled | ItemFound): void {
    if (event instanceof DragonKilled) this.chronicle.write(`${event.heroId} killed ${event.dragonId}`);
    else this.chronicle.write(`${event.heroId} found ${event.item}`);
  }
}
// #endregion
