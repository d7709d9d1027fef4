import { type IQueryHandler, QueryHandler } from 'nestjs-cqrs';
import { GameRepository } from '../game.repository.js';
import type { HeroView } from './get-game.query.js';
import { GetHero } from './get-hero.query.js';

@QueryHandler(GetHero)
export class GetHeroHandler implements IQueryHandler<GetHero> {
  constructor(private readonly game: GameRepository) {}

  async execute({ heroId }: GetHero): Promise<HeroView> {
    const { id, name, items } = await this.game.hero(heroId);
    return { id, name, items };
  }
}
