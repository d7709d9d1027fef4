import { AggregateRoot } from 'nestjs-cqrs';
import { DragonKilled } from './events/dragon-killed.js';
import { GameError } from './game-error.js';

/** A dragon dies once, and guards an item until then. */
// #region aggregate
export class Dragon extends AggregateRoot {
  killedBy: string | undefined;

  constructor(
    readonly id: string,
    readonly name: string,
    readonly guards: string,
  ) {
    super();
  }

  fightWith(heroId: string): void {
    if (this.killedBy) throw new GameError('forbidden', `${this.name} is already dead.`);
    this.apply(new DragonKilled(this.id, heroId, this.guards));
  }

  /** Called by `apply`, because it is named after the event. */
  onDragonKilled(event: DragonKilled): void {
    this.killedBy = event.heroId;
  }
}
// #endregion
