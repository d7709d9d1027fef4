import { Controller, Get, HttpCode, Param, Post } from '@nestjs/common';
import { CommandBus, QueryBus } from 'nestjs-cqrs';
import { KillDragon } from './commands/kill-dragon.command.js';
import { GetGame, type GameView, type HeroView } from './queries/get-game.query.js';
import { GetHero } from './queries/get-hero.query.js';

@Controller()
export class GameController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Get('game')
  game(): Promise<GameView> {
    return this.queries.execute(new GetGame());
  }

  @Get('heroes/:hero')
  hero(@Param('hero') hero: string): Promise<HeroView> {
    return this.queries.execute(new GetHero(hero));
  }

  @Post('heroes/:hero/kill/:dragon')
  @HttpCode(204)
  async kill(@Param('hero') hero: string, @Param('dragon') dragon: string): Promise<void> {
    await this.commands.execute(new KillDragon(hero, dragon));
  }
}
