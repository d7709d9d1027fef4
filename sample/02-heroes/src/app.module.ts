import { Module } from '@nestjs/common';
import { CqrsModule } from 'nestjs-cqrs';
import { GameModule } from './game/game.module.js';
import { LiveModule } from './live/live.module.js';

@Module({ imports: [CqrsModule.forRoot(), GameModule, LiveModule] })
export class AppModule {}
