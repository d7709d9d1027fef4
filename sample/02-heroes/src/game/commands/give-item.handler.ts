import { CommandHandler, EventPublisher, type ICommandHandler } from 'nestjs-cqrs';
import { GameRepository } from '../game.repository.js';
import { GiveItem } from './give-item.command.js';

@CommandHandler(GiveItem)
export class GiveItemHandler implements ICommandHandler<GiveItem> {
  constructor(
    private readonly game: GameRepository,
    private readonly publisher: EventPublisher,
  ) {}

  async execute({ heroId, item }: GiveItem): Promise<void> {
    const hero = this.publisher.mergeObjectContext(await this.game.hero(heroId));
    hero.find(item);
    await hero.commit();
  }
}
