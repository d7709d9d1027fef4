import {
  AggregateRoot,
  AsyncContext,
  Command,
  CommandBus,
  CommandHandler,
  ContextOrigin,
  CQRS_MODULE_OPTIONS,
  EventBus,
  EventsHandler,
  MessageContext,
  On,
  Query,
  QueryBus,
  QueryHandler,
  Saga,
  SagaBacklogException,
  StreamQuery,
  type HandlerMethod,
  type ICommandHandler,
  type IEventHandler,
  type IQueryHandler,
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
class Find<T extends Entity> extends Query<T> {
  constructor(readonly id: string) {
    super();
  }
}
class Saved<T extends Entity> {
  constructor(readonly entity: T) {}
}
class Removed {
  readonly at = new Date();
}
class Rows extends StreamQuery<number> {}
class Create extends Command<string> {}

declare const commands: CommandBus;
declare const queries: QueryBus;
declare const events: EventBus;
declare const context: MessageContext;

// A generic message, handled for one type argument.

@CommandHandler(Save)
export class SaveUser implements ICommandHandler<Save<User>> {
  async execute({ entity }: Save<User>, _context: MessageContext) {
    entity.name.trim();
  }
}
@CommandHandler(Save<User>)
export class SaveUserToo {
  execute({ entity }: Save<User>) {
    entity.name.trim();
  }
}
@QueryHandler(Find<User>)
export class FindUser implements IQueryHandler<Find<User>> {
  async execute({ id }: Find<User>) {
    return { id, name: 'Ada' };
  }
}
@EventsHandler(Saved, Removed)
export class UserChanged implements IEventHandler<Saved<User> | Removed> {
  handle(_event: Saved<User> | Removed) {}
}
export class Users extends AggregateRoot {
  @On(Saved)
  onSaved({ entity }: Saved<User>) {
    entity.name.trim();
  }
  @CommandHandler(Save)
  save({ entity }: Save<User>) {
    entity.name.trim();
  }
  @Saga(Saved)
  react({ entity }: Saved<User>) {
    return new Save(entity);
  }
}

// Handlers that declare less than a message.

@CommandHandler(Create)
export class WithoutParameters {
  execute() {
    return 'done';
  }
}
@CommandHandler(Create)
export class OfAnything {
  execute(_command: unknown) {
    return 'done';
  }
}

// Generic base handlers.

export abstract class LoggedCommandHandler<C extends Command<R>, R> implements ICommandHandler<C, R> {
  async execute(command: C): Promise<R> {
    return this.run(command);
  }
  protected abstract run(command: C): Promise<R>;
}
@CommandHandler(Create)
export class LoggedCreate extends LoggedCommandHandler<Create, string> {
  protected async run() {
    return 'done';
  }
}

// What stands for options.

export const bare = [
  commands.dispatch(new Create(), context),
  commands.execute(new Create(), new ContextOrigin()),
  queries.ask(new Find('1'), new AsyncContext()),
  queries.stream(new Rows(), context),
  events.publish(new Removed(), context),
  events.publishAll([new Removed()], new ContextOrigin()),
];

// Generic code passes messages on.

export const askAll = <R, Q extends Query<R>>(all: Q[]) => all.map(one => queries.ask(one));
export const sendAll = <C extends Command>(all: C[]) => all.map(one => commands.dispatch(one));

// Middleware that returns a result.

export const middleware: MiddlewareFunction[] = [
  (message, next) => next(message),
  async (message, next) => next(message),
  async (message, next) => {
    await next(message);
  },
  () => null,
  () => 42,
  Object.assign((message: object, next: Next) => next(message), { wraps: (type: object) => type === Create }),
];

// Names that are exported.

export const names: unknown[] = [CQRS_MODULE_OPTIONS, SagaBacklogException];
export const method: HandlerMethod<Create, string> = () => 'done';
export const committed: Promise<void> | void = new Users().commit();

// Subclasses of buses, as they are written for @nestjs/cqrs.

export class AwaitingBus extends EventBus {
  override async publish<T extends object>(event: T): Promise<void> {
    await super.publish(event as never);
  }
  override async publishAll<T extends object>(events: T[]): Promise<void> {
    await super.publishAll(events as never[]);
  }
}
export class SilentBus extends EventBus {
  override publish<T extends object>(event: T): void {
    void super.publish(event as never);
  }
}
export class CountingBus extends CommandBus {
  override async execute<T extends object, R = unknown>(command: T): Promise<R> {
    return super.execute(command as never);
  }
}

// A class that only run time knows, and handlers that are called through their interfaces.

export const ofAnyClass = (type: abstract new (...args: never[]) => any): object => {
  @EventsHandler(type)
  class OfAny {
    handle(_event: unknown) {}
  }
  return OfAny;
};
export const called = async (
  handler: ICommandHandler<Create>,
  query: IQueryHandler<Find<User>>,
  reacts: IEventHandler<Removed>,
): Promise<string> => {
  const result: Promise<string> = handler.execute(new Create());
  const { name }: User = await query.execute(new Find('1'));
  await reacts.handle(new Removed());
  return (await result.catch(() => '')) + name;
};
