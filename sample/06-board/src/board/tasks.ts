import { Injectable } from '@nestjs/common';
import { CommandHandler, QueryHandler } from 'nestjs-cqrs';
import { AddTask, CountTasks, ListTasks, MoveTask } from './tasks.messages.js';
import { TaskTable } from './task-table.js';

/** Handles the messages of the board. */
@Injectable()
export class Tasks {
  constructor(private readonly table: TaskTable) {}

  @QueryHandler(ListTasks)
  list(_query: ListTasks) {
    return this.table.all();
  }

  @QueryHandler(CountTasks)
  count(_query: CountTasks) {
    return this.table.counts();
  }

  @CommandHandler(AddTask)
  add({ title }: AddTask) {
    return this.table.add(title);
  }

  @CommandHandler(MoveTask)
  move({ id, state }: MoveTask) {
    return this.table.move(id, state);
  }
}
