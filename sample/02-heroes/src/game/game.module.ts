import { Module } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { Chronicle } from './chronicle.js';
import { GiveItemHandler } from './commands/give-item.handler.js';
import { KillDragonHandler } from './commands/kill-dragon.handler.js';
import { ChronicleHandler } from './events/chronicle.handler.js';
import { GameController } from './game.controller.js';
import { GameErrorFilter } from './game-error.filter.js';
import { GameRepository } from './game.repository.js';
import { GetGameHandler } from './queries/get-game.handler.js';
import { GetHeroHandler } from './queries/get-hero.handler.js';
import { TreasureSagas } from './treasure.sagas.js';

@Module({
  controllers: [GameController],
  providers: [
    GameRepository,
    Chronicle,
    KillDragonHandler,
    GiveItemHandler,
    GetGameHandler,
    GetHeroHandler,
    ChronicleHandler,
    TreasureSagas,
    { provide: APP_FILTER, useClass: GameErrorFilter },
  ],
})
export class GameModule {}
