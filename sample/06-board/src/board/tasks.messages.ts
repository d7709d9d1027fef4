import { Cached, Command, Message, Query, Touches } from 'nestjs-cqrs';

export type State = 'open' | 'done';

@Message({ name: 'board.task' })
export class Task {
  constructor(
    readonly id: number,
    readonly title: string,
    readonly state: State,
  ) {}
}

@Message({ name: 'board.counts' })
export class Counts {
  constructor(
    readonly open: number,
    readonly done: number,
  ) {}
}

/** Both queries read all tasks. */
const TASKS = ['tasks'];

@Cached({ ttl: 60_000, tags: () => TASKS })
export class ListTasks extends Query<Task[]> {}

@Cached({ ttl: 60_000, tags: () => TASKS })
export class CountTasks extends Query<Counts> {}

@Touches(() => TASKS)
export class AddTask extends Command {
  constructor(readonly title: string) {
    super();
  }
}

@Touches(() => TASKS)
export class MoveTask extends Command {
  constructor(
    readonly id: number,
    readonly state: State,
  ) {
    super();
  }
}
