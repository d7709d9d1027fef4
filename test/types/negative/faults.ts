// What the compiler of a user of @nestjs/cqrs accepts and must not: each line below is an error here.
import {
  Command,
  CommandBus,
  CommandHandler,
  EventBus,
  EventsHandler,
  Query,
  QueryBus,
  QueryHandler,
} from 'nestjs-cqrs';

class Open extends Command<{ id: string }> {
  constructor(readonly owner: string) {
    super();
  }
}
class Close extends Command<void> {
  constructor(readonly reason: string) {
    super();
  }
}
class Find extends Query<number> {
  constructor(readonly text: string) {
    super();
  }
}
class Opened {
  constructor(readonly id: string) {}
}

// @ts-expect-error: a handler of another message
@CommandHandler(Open)
export class OfAnotherMessage {
  execute(command: { colour: string }) {
    return { id: command.colour };
  }
}

// @ts-expect-error: a handler with another result
@CommandHandler(Open)
export class WithAnotherResult {
  execute(_: Open) {
    return 5;
  }
}

// @ts-expect-error: a handler without execute
@CommandHandler(Close)
export class WithoutExecute {
  handle(_: Close) {}
}

// @ts-expect-error: a query handler with another answer
@QueryHandler(Find)
export class WithAnotherAnswer {
  execute(_: Find) {
    return Promise.resolve('text');
  }
}

// @ts-expect-error: an event handler without handle
@EventsHandler(Opened)
export class WithoutHandle {
  execute(_: Opened) {}
}

// @ts-expect-error: an event handler of another event
@EventsHandler(Opened)
export class OfAnotherEvent {
  handle(_: { colour: string }) {}
}

export async function send(commands: CommandBus, queries: QueryBus, events: EventBus): Promise<void> {
  // @ts-expect-error: a number is no event
  await events.publish(42);
  // @ts-expect-error: a class is no event
  await events.publish(Opened);
  // @ts-expect-error: undefined is no event
  await events.publish(undefined);
  // @ts-expect-error: a function is no event
  await events.publish(() => new Opened('1'));
  // @ts-expect-error: numbers are no events
  await events.publishAll([1, 2]);
  // @ts-expect-error: classes are no events
  await events.publishAll([Opened]);
  // @ts-expect-error: a number is no command
  await commands.execute(5);
  // @ts-expect-error: a class is no command
  await commands.execute(Open);
  // @ts-expect-error: null is no command
  await commands.execute(null);
  // @ts-expect-error: a class is no command
  await commands.dispatch(Close);
  // @ts-expect-error: a text is no query
  await queries.execute('text');
  // @ts-expect-error: a class is no query
  await queries.execute(Find);
  // @ts-expect-error: a class is no query
  await queries.ask(Find);
  // @ts-expect-error: the result has another type
  const id: number = await commands.execute(new Open('ada'));
  // @ts-expect-error: the answer has another type
  const answer: string = await queries.ask(new Find('ada'));
  void [id, answer];
}

// Without the import this is Node's own Event, which wants the name of an event.
export class Closed extends Event {
  constructor(readonly id: string) {
    // @ts-expect-error: Expected 1-2 arguments
    super();
  }
}
