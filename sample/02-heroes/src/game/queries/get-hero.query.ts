import { Query } from 'nestjs-cqrs';
import type { HeroView } from './get-game.query.js';

export class GetHero extends Query<HeroView> {
  constructor(readonly heroId: string) {
    super();
  }
}
