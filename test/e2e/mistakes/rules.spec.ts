import { Controller, Inject, Post, Body } from '@nestjs/common';
import { z } from 'zod';
import {
  Command,
  CommandBus,
  CommandHandler,
  CqrsModule,
  Event,
  EventBus,
  EventsHandler,
  Message,
  MessageCatalog,
  Query,
  QueryHandler,
  StreamQuery,
  Validate,
} from '../../../lib/index.js';
import { start } from '../../support/application.js';
import { textOf } from './texts.js';

class GetUser extends Query<string> {}
class ListUsers extends StreamQuery<string> {}
class CountVisit extends Command<number> {}
class UserSeen extends Event {}

class Visits {
  @CommandHandler(CountVisit)
  count(_command: CountVisit) {
    return 1;
  }
}

describe('strict', () => {
  it('the result of a command that dispatch() drops', async () => {
    const { commands, log } = await start({ imports: [CqrsModule.forRoot({ strict: true })], providers: [Visits] });
    await commands.dispatch(new CountVisit());
    await commands.dispatch(new CountVisit());
    expect(log.warnings).toEqual([
      'The handler of the command "CountVisit" returned a result that dispatch() drops. Send it with execute(), or let the handler return nothing.',
    ]);
  });

  it('a query whose handler sends a command', async () => {
    class GetUserHandler {
      constructor(@Inject(CommandBus) private readonly commands: CommandBus) {}
      @QueryHandler(GetUser)
      async get(_query: GetUser) {
        await this.commands.dispatch(new CountVisit());
        return 'Ada';
      }
    }
    const { queries } = await start({
      imports: [CqrsModule.forRoot({ strict: true })],
      providers: [Visits, GetUserHandler],
    });
    expect(await textOf(() => queries.ask(new GetUser()))).toBe(
      'The query "GetUser" sent the command "CountVisit"; a query changes no state. Where: GetUserHandler.get. Send it where the query is asked, or make the query a command. [CQRS_QUERY_SIDE_EFFECT]',
    );
  });

  it('a query whose handler publishes an event', async () => {
    class GetUserHandler {
      constructor(@Inject(EventBus) private readonly events: EventBus) {}
      @QueryHandler(GetUser)
      async get(_query: GetUser) {
        await this.events.publish(new UserSeen());
        return 'Ada';
      }
    }
    class Sightings {
      @EventsHandler(UserSeen)
      seen(_event: UserSeen) {}
    }
    const { queries } = await start({
      imports: [CqrsModule.forRoot({ strict: true })],
      providers: [GetUserHandler, Sightings],
    });
    expect(await textOf(() => queries.ask(new GetUser()))).toBe('(it did not fail)');
  });
});

describe('Stream queries', () => {
  class Users {
    @QueryHandler(GetUser)
    get(_query: GetUser): any {
      return { name: 'Ada' };
    }
    @QueryHandler(ListUsers)
    *list(_query: ListUsers) {
      yield 'Ada';
    }
  }

  it('ask() of a StreamQuery', async () => {
    const { queries } = await start({ imports: [CqrsModule.forRoot()], providers: [Users] });
    expect(await textOf(() => queries.ask(new ListUsers() as never))).toBe(
      '"ListUsers" is a StreamQuery: ask() cannot answer it. Read its rows with stream(): for await (const row of queries.stream(query)) …. [CQRS_STREAM_QUERY_ASKED]',
    );
  });

  it('stream() of a Query', async () => {
    const { queries } = await start({ imports: [CqrsModule.forRoot()], providers: [Users] });
    expect(await textOf(() => queries.stream(new GetUser() as never).next())).toBe(
      'The handler of "GetUser" returned an instance of Object, which has no rows. Return an async iterable, an iterable or an Observable, or ask the query with ask(). [CQRS_NOT_A_STREAM]',
    );
  });
});

describe('Validation', () => {
  @Validate(z.object({ email: z.email() }))
  class Register extends Command {
    constructor(readonly email: string) {
      super();
    }
  }
  class Accounts {
    @CommandHandler(Register)
    register(_command: Register) {}
  }
  @Controller()
  class AccountsController {
    constructor(private readonly commands: CommandBus) {}
    @Post()
    register(@Body() body: { email: string }) {
      return this.commands.dispatch(new Register(body.email));
    }
  }

  it('@Validate, dispatched from a controller', async () => {
    const { app } = await start({
      imports: [CqrsModule.forRoot()],
      controllers: [AccountsController],
      providers: [Accounts],
    });
    const controller = app.get(AccountsController);
    expect(await textOf(() => controller.register({ email: 'nobody' }))).toBe(
      '"Register" is not valid: email: Invalid email address. Send it with fields that its schema or its decorators allow. [CQRS_VALIDATION]',
    );
  });
});

describe('Envelopes', () => {
  @Message({ name: 'users.create', version: 1 })
  @Validate(z.object({ name: z.string(), age: z.number() }))
  class Create extends Command {
    constructor(
      readonly name: string,
      readonly age: number,
    ) {
      super();
    }
  }
  const catalog = new MessageCatalog([Create]);
  const envelope = (name: string, payload: object) => ({ meta: { name, version: 1, headers: {} }, payload });

  it('the name of the class where @Message gives another', async () => {
    expect(await textOf(() => catalog.fromJSON(envelope('Create', {})))).toBe(
      'No message is known by the name "Create"; near names: users.create. Where: MessageCatalog. Register its class with the MessageCatalog, or add the name to the aliases of @Message on its class. [CQRS_UNKNOWN_MESSAGE]',
    );
  });

  it('a misspelled name', async () => {
    expect(await textOf(() => catalog.fromJSON(envelope('users.crate', {})))).toBe(
      'No message is known by the name "users.crate"; near names: users.create. Where: MessageCatalog. Register its class with the MessageCatalog, or add the name to the aliases of @Message on its class. [CQRS_UNKNOWN_MESSAGE]',
    );
  });

  it('a wrong payload', async () => {
    class Users {
      @CommandHandler(Create)
      create(_command: Create) {}
    }
    const { app, commands } = await start({ imports: [CqrsModule.forRoot()], providers: [Users] });
    const { payload, dispatchOptions } = app
      .get(MessageCatalog, { strict: false })
      .fromJSON(envelope('users.create', { name: 7, agee: 36 }));
    expect(await textOf(() => commands.dispatch(payload, dispatchOptions))).toBe(
      '"Create" is not valid: name: Invalid input: expected string, received number; age: Invalid input: expected number, received undefined. Send it with fields that its schema or its decorators allow. [CQRS_VALIDATION]',
    );
  });
});
