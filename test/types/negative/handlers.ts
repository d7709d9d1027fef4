import { of } from 'rxjs';
import {
  Command,
  CommandHandler,
  EventsHandler,
  Query,
  QueryHandler,
  StreamQuery,
  type ICommandHandler,
  type IEventHandler,
  type IQueryHandler,
} from 'nestjs-cqrs';

class Create extends Command {
  constructor(readonly userId: string) {
    super();
  }
}
class Open extends Command<{ id: string }> {
  constructor(readonly owner: string) {
    super();
  }
}
class GetName extends Query<string> {
  constructor(readonly userId: string) {
    super();
  }
}
class Rows extends StreamQuery<number> {
  readonly from = 0;
}
class Created {
  constructor(readonly createdId: string) {}
}
class Renamed {
  constructor(readonly name: string) {}
}

// A class with the wrong message, the wrong result, or without the method.

// @ts-expect-error: handles another command
@CommandHandler(Create)
export class OtherCommand {
  execute(_command: Open) {}
}
// @ts-expect-error: answers something that the command does not tell
@CommandHandler(Create)
export class WithResult {
  execute(_command: Create) {
    return 'data';
  }
}
// @ts-expect-error: answers something else, asynchronously
@CommandHandler(Open)
export class OtherResult {
  async execute(_command: Open) {
    return { id: 1 };
  }
}
// @ts-expect-error: answers nothing
@CommandHandler(Open)
export class NoResult {
  async execute(_command: Open) {}
}
// @ts-expect-error: has no execute
@CommandHandler(Create)
export class WithoutExecute {
  handle(_command: Create) {}
}
// @ts-expect-error: execute is no method
@CommandHandler(Create)
export class ExecuteIsNoMethod {
  execute = 42;
}
// @ts-expect-error: execute cannot be called from outside
@CommandHandler(Create)
export class PrivateExecute {
  private execute(_command: Create) {}
}
// @ts-expect-error: handles another query
@QueryHandler(GetName)
export class OtherQuery {
  execute(_query: Open) {
    return '';
  }
}
// @ts-expect-error: answers a number
@QueryHandler(GetName)
export class OtherAnswer {
  execute(_query: GetName) {
    return 42;
  }
}
// @ts-expect-error: answers null, which the query does not tell
@QueryHandler(GetName)
export class NullAnswer {
  async execute(_query: GetName) {
    return null;
  }
}
// @ts-expect-error: returns a row, not a source of rows
@QueryHandler(Rows)
export class OneRow {
  execute(_query: Rows) {
    return 1;
  }
}
// @ts-expect-error: returns rows of another type
@QueryHandler(Rows)
export class OtherRows {
  execute(_query: Rows) {
    return of('text');
  }
}
// @ts-expect-error: handles another event
@EventsHandler(Created)
export class OtherEvent {
  handle(_event: Renamed) {}
}
// @ts-expect-error: handles only one of the two
@EventsHandler(Created, Renamed)
export class OneOfTwo {
  handle(_event: Created) {}
}
// @ts-expect-error: handles only one of the two, with options last
@EventsHandler(Created, Renamed, { durable: true })
export class OneOfTwoScoped {
  handle(_event: Created) {}
}
// @ts-expect-error: has no handle
@EventsHandler(Created)
export class WithoutHandle {
  execute(_event: Created) {}
}
// @ts-expect-error: wants more than a message and a context
@CommandHandler(Create)
export class ThirdParameter {
  execute(_command: Create, _context: object, _third: string) {}
}
// @ts-expect-error: the second parameter is the context
@CommandHandler(Create)
export class SecondParameter {
  execute(_command: Create, _second: string) {}
}

// What is no class of messages.

// @ts-expect-error: an instance
@CommandHandler(new Create('1'))
export class OfAnInstance {
  execute() {}
}
// @ts-expect-error: a function
@QueryHandler(() => GetName)
export class OfAFunction {
  execute() {}
}
// @ts-expect-error: a text
@EventsHandler('created')
export class OfAText {
  handle() {}
}
// @ts-expect-error: nothing
@CommandHandler()
export class OfNothing {
  execute() {}
}
// @ts-expect-error: no options of Nest
@CommandHandler(Create, { skope: 1 })
export class WithUnknownOptions {
  execute() {}
}

// Methods.

export class Users {
  // @ts-expect-error: handles another command
  @CommandHandler(Create)
  other(_command: Open) {}

  // @ts-expect-error: answers something
  @CommandHandler(Create)
  async answers(_command: Create) {
    return 'data';
  }

  // @ts-expect-error: answers something else
  @QueryHandler(GetName)
  nameOf(_query: GetName) {
    return 42;
  }

  // @ts-expect-error: handles one of two
  @EventsHandler(Created, Renamed)
  project(_event: Renamed) {}

  // @ts-expect-error: returns no rows
  @QueryHandler(Rows)
  rows(_query: Rows) {
    return 1;
  }

  // @ts-expect-error: is no method
  @CommandHandler(Create)
  property = 42;
}

// Interfaces.

export class WrongMessage implements ICommandHandler<Create> {
  // @ts-expect-error: another command
  execute(_command: Renamed) {}
}
export class WrongResult implements ICommandHandler<Open> {
  // @ts-expect-error: another result
  async execute(_command: Open) {
    return 'text';
  }
}
// @ts-expect-error: without execute
export class NoMethod implements ICommandHandler<Create> {}

export class WrongAnswer implements IQueryHandler<GetName> {
  // @ts-expect-error: another answer
  execute(_query: GetName) {
    return 42;
  }
}
export class WrongNamedAnswer implements IQueryHandler<Renamed, number> {
  // @ts-expect-error: not the answer that is named
  execute(_query: Renamed) {
    return 'text';
  }
}
// @ts-expect-error: without execute
export class NoQueryMethod implements IQueryHandler<GetName> {}

export class WrongRows implements IQueryHandler<Rows> {
  // @ts-expect-error: a row alone
  execute(_query: Rows) {
    return 1;
  }
}
export class WrongEvent implements IEventHandler<Created> {
  // @ts-expect-error: another event
  handle(_event: Renamed) {}
}
// @ts-expect-error: without handle
export class NoHandle implements IEventHandler<Created> {}
