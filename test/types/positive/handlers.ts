import { Scope, type Type } from '@nestjs/common';
import { of, type Observable } from 'rxjs';
import {
  Command,
  CommandHandler,
  Event,
  EventsHandler,
  Query,
  QueryHandler,
  StreamQuery,
  type ICommand,
  type ICommandHandler,
  type IEventHandler,
  type IQueryHandler,
  type MessageContext,
} from 'nestjs-cqrs';

export class Create extends Command {
  constructor(readonly userId: string) {
    super();
  }
}
export class Open extends Command<{ id: string }> {
  constructor(readonly owner: string) {
    super();
  }
}
export class GetName extends Query<string | null> {
  constructor(readonly userId: string) {
    super();
  }
}
export class Rows extends StreamQuery<{ n: number }> {
  readonly from = 0;
}
export class Created extends Event {
  constructor(readonly userId: string) {
    super();
  }
}
export class Renamed {
  constructor(readonly name: string) {}
}
export abstract class Happened {
  abstract readonly at: Date;
}
export class Plain {
  constructor(readonly text: string) {}
}

// Classes that implement the interfaces, which are asynchronous, and sync ones; with and without the context.

@CommandHandler(Create)
export class CreateHandler implements ICommandHandler<Create> {
  async execute(command: Create): Promise<void> {
    command.userId.trim();
  }
}
@CommandHandler(Create)
export class SyncCreateHandler {
  execute(_command: Create, context: MessageContext): void {
    context.messageId.trim();
  }
}
@CommandHandler(Open)
export class OpenHandler implements ICommandHandler<Open> {
  async execute(command: Open) {
    return { id: command.owner };
  }
}
@CommandHandler(Open, { scope: Scope.REQUEST })
export class SyncOpenHandler {
  execute(command: Open) {
    return { id: command.owner, more: true };
  }
}
@QueryHandler(GetName)
export class GetNameHandler {
  execute({ userId }: GetName) {
    return userId === '' ? null : userId;
  }
}
@QueryHandler(GetName)
export class AsyncGetNameHandler implements IQueryHandler<GetName> {
  async execute(_query: GetName): Promise<string> {
    return 'a name, never null';
  }
}
@EventsHandler(Created)
export class OneHandler implements IEventHandler<Created> {
  handle(event: Created) {
    event.userId.trim();
  }
}
@EventsHandler(Created, Renamed)
export class TwoHandler implements IEventHandler<Created | Renamed> {
  async handle(event: Created | Renamed) {
    return event instanceof Created ? event.userId : event.name;
  }
}
@EventsHandler(Created, Renamed, { scope: Scope.REQUEST, durable: true })
export class ScopedHandler {
  handle(_event: Created | Renamed, _context: MessageContext) {}
}
@EventsHandler(Happened)
export class AbstractHandler implements IEventHandler<Happened> {
  handle(event: Happened) {
    event.at.getTime();
  }
}

// Less than the message asked for is enough: bases, shapes, nothing, anything.

@CommandHandler(Create)
export class NoParameterHandler {
  execute() {}
}
@EventsHandler(Created, Renamed)
export class AnyObjectHandler {
  handle(_event: object) {}
}
@CommandHandler(Plain)
export class AnythingHandler implements ICommandHandler {
  async execute(command: Plain): Promise<any> {
    return command.text;
  }
}
@QueryHandler(Plain)
export class UntypedHandler implements IQueryHandler<Plain, number> {
  async execute(query: Plain) {
    return query.text.length;
  }
}
@CommandHandler(Open)
export class AnyResultHandler implements ICommandHandler<Open> {
  execute(_command: Open): any {
    return 1;
  }
}

// Handlers of abstract bases, and generic ones.

export abstract class Base<T extends object> {
  abstract execute(message: T): Promise<void>;
}
@CommandHandler(Create)
export class Derived extends Base<Create> {
  async execute(command: Create) {
    command.userId.trim();
  }
}

export abstract class GenericBase<T extends Plain> implements ICommandHandler<T, string> {
  abstract execute(message: T): Promise<any>;
}
export class EitherHandler implements ICommandHandler<Create | Plain, string> {
  async execute(command: Create | Plain): Promise<any> {
    return command;
  }
}
@QueryHandler(Plain)
export class UntypedQueryHandler implements IQueryHandler {
  async execute(query: Plain) {
    return query.text;
  }
}

// Streams of rows: async iterables, iterables, Observables, promises of them.

@QueryHandler(Rows)
export class GeneratorHandler implements IQueryHandler<Rows> {
  async *execute(query: Rows) {
    yield { n: query.from };
  }
}
@QueryHandler(Rows)
export class ObservableHandler implements IQueryHandler<Rows> {
  execute(query: Rows): Observable<{ n: number }> {
    return of({ n: query.from });
  }
}
@QueryHandler(Rows)
export class ArrayHandler implements IQueryHandler<Rows> {
  async execute(query: Rows) {
    return [{ n: query.from }];
  }
}

// Methods of any class, private and static names included.

export class Users {
  @CommandHandler(Create)
  create(command: Create) {
    command.userId.trim();
  }

  @CommandHandler(Open)
  protected async open(command: Open, context: MessageContext) {
    return { id: command.owner + context.messageId };
  }

  @QueryHandler(GetName)
  nameOf(query: GetName) {
    return query.userId;
  }

  @QueryHandler(Rows)
  *rows() {
    yield { n: 1 };
  }

  @EventsHandler(Created, Renamed)
  async project(_event: Created | Renamed) {}

  @EventsHandler(Created)
  @EventsHandler(Renamed)
  both(_event: object) {}
}

// A generic function makes handlers of what it is given.

export function commandHandlerOf<T extends ICommand>(type: Type<T>) {
  @CommandHandler(type)
  class Made implements ICommandHandler<T> {
    async execute(_command: T): Promise<any> {}
  }
  return Made;
}
export function queryHandlerOf<T extends Query<string>>(type: Type<T>) {
  @QueryHandler(type)
  class Made {
    async execute(_query: T): Promise<any> {
      return 'found';
    }
  }
  return Made;
}
