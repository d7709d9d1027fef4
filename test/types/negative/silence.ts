import {
  Command,
  CommandBus,
  CommandHandler,
  CqrsModule,
  EventBus,
  EventsHandler,
  On,
  Query,
  QueryBus,
  QueryHandler,
  Saga,
  StreamQuery,
  UseMiddleware,
  type ICommandHandler,
  type MiddlewareFunction,
  type Next,
} from 'nestjs-cqrs';

interface Entity {
  id: string;
}
interface User extends Entity {
  name: string;
}
class Save<T extends Entity> extends Command<void> {
  constructor(readonly entity: T) {
    super();
  }
}
class Find<T> extends Query<T> {}
class Saved<T extends Entity> {
  constructor(readonly entity: T) {}
}
class Other {
  readonly other = 1;
}
class Rows extends StreamQuery<number> {}
class Create extends Command<string> {}

declare const commands: CommandBus;
declare const queries: QueryBus;
declare const events: EventBus;

// A middleware that loses the result.

// @ts-expect-error: returns nothing
export const forgetful: MiddlewareFunction = (message, next) => {
  void next(message);
};
export const bus = new CommandBus({
  middleware: [
    // @ts-expect-error: returns nothing
    (message, next) => {
      void next(message);
    },
  ],
});
// @ts-expect-error: returns nothing
@UseMiddleware((message: object, next: Next): void => void next(message))
export class Wrapped {}

// @ts-expect-error: resolves to nothing
export const nothing: Promise<string> = events.publish(new Other());

// A stream query that is asked, a class that is sent, a list that is published.

// @ts-expect-error: has rows
export const rows = queries.ask(new Rows());
// @ts-expect-error: has rows
export const executed = queries.execute(new Rows());
// @ts-expect-error: a class
export const sent = commands.dispatch(Create);
// @ts-expect-error: no such option
export const options = commands.dispatch(new Create(), { timout: 5 });
// @ts-expect-error: a class
export const published = events.publish(Saved);
// @ts-expect-error: no such option
export const root = CqrsModule.forRoot({ midleware: [] });

// Static methods.

export class Statics {
  // @ts-expect-error: on a static method
  @CommandHandler(Create)
  static create(_: Create) {
    return '';
  }
}

// Generic messages, handled as something else.

// @ts-expect-error: another message
@CommandHandler(Save)
export class SavesOther {
  async execute(_: Other) {}
}
// @ts-expect-error: no entity
@CommandHandler(Save)
export class SavesNoEntity {
  async execute(_: Save<User> & Other) {}
}
// @ts-expect-error: another result
@QueryHandler(Find<string>)
export class FindsNumber {
  async execute(_: Find<string>) {
    return 1;
  }
}
// @ts-expect-error: another event
@EventsHandler(Saved)
export class OnOther {
  handle(_: Other) {}
}
// @ts-expect-error: only one of two
@EventsHandler(Saved, Other)
export class OnOne {
  handle(_: Saved<User>) {}
}
export class Sagas {
  // @ts-expect-error: another event
  @Saga(Saved)
  react(_: Other) {
    return new Create();
  }
}
export class Aggregate {
  // @ts-expect-error: another event
  @On(Saved)
  on(_: Other) {}
}

// Generic base classes.

export abstract class Logged<C extends Command<R>, R> implements ICommandHandler<C, R> {
  // @ts-expect-error: another result
  async execute(_: C): Promise<Other> {
    return new Other();
  }
}
