import { type IQueryHandler, QueryHandler } from 'nestjs-cqrs';
import { Chronicle } from '../chronicle.js';
import { GameRepository } from '../game.repository.js';
import { GetGame, type GameView } from './get-game.query.js';

@QueryHandler(GetGame)
export class GetGameHandler implements IQueryHandler<GetGame> {
  constructor(
    private readonly game: GameRepository,
    private readonly chronicle: Chronicle,
  ) {}

  async execute(): Promise<GameView> {
    return {
      heroes: this.game.heroes.map(({ id, name, items }) => ({ id, name, items })),
      dragons: this.game.dragons.map(({ id, name, guards, killedBy }) => ({
        id,
        name,
        guards,
        killedBy: killedBy ?? null,
      })),
      chronicle: this.chronicle.lines,
    };
  }
}
