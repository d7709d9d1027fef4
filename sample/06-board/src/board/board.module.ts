import { Module } from '@nestjs/common';
import { CqrsModule } from 'nestjs-cqrs';
import { BoardController } from './board.controller.js';
import { sharedCache } from './shared-cache.js';
import { Counts, Task } from './tasks.messages.js';
import { TaskTable } from './task-table.js';
import { Tasks } from './tasks.js';

@Module({
  imports: [CqrsModule.forRoot({ cache: sharedCache(), messages: [Task, Counts] })],
  controllers: [BoardController],
  providers: [TaskTable, Tasks],
})
export class BoardModule {}
