import { CommandHandler, EventPublisher, type ICommandHandler } from 'nestjs-cqrs';
import { GameRepository } from '../game.repository.js';
import { KillDragon } from './kill-dragon.command.js';

// #region handler
@CommandHandler(KillDragon)
export class KillDragonHandler implements ICommandHandler<KillDragon> {
  constructor(
    private readonly game: GameRepository,
    private readonly publisher: EventPublisher,
  ) {}

  async execute({ heroId, dragonId }: KillDragon): Promise<void> {
    const hero = await this.game.hero(heroId);
    const dragon = this.publisher.mergeObjectContext(await this.game.dragon(dragonId));
    dragon.fightWith(hero.id);
    await dragon.commit();
  }
}
// #endregion
