import { Controller, Inject, Post, Body } from '@nestjs/common';
import { z } from 'zod';
import {
  Command,
  CommandBus,
  CommandHandler,
  CqrsModule,
  Event,
  EventBus,
  Message,
  MessageCatalog,
  Query,
  QueryBus,
  QueryHandler,
  StreamQuery,
  Validate,
} from '../../../lib/index.js';
import { start } from '../application.js';
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
    expect(log.warnings).toEqual(['']);
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
    expect(await textOf(() => queries.ask(new GetUser()))).toBe('');
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
    const { queries } = await start({
      imports: [CqrsModule.forRoot({ strict: true })],
      providers: [GetUserHandler],
    });
    expect(await textOf(() => queries.ask(new GetUser()))).toBe('');
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
    expect(await textOf(() => queries.ask(new ListUsers() as never))).toBe('');
  });

  it('stream() of a Query', async () => {
    const { queries } = await start({ imports: [CqrsModule.forRoot()], providers: [Users] });
    expect(await textOf(() => queries.stream(new GetUser() as never).next())).toBe('');
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
    expect(await textOf(() => controller.register({ email: 'nobody' }))).toBe('');
  });
});

describe('Envelopes', () => {
  @Message({ name: 'users.create', version: 1 })
  class Create extends Command {
    constructor(
      readonly name: string,
      readonly age: number,
    ) {
      super();
    }
  }
  const catalog = new MessageCatalog([Create]);
  const envelope = (name: string, payload: object) => ({ ...catalog.envelope(new Create('Ada', 36)).toJSON(), meta: { name, version: 1 }, payload });

  it('the name of the class where @Message gives another', async () => {
    expect(await textOf(() => catalog.fromJSON(envelope('Create', {})))).toBe('');
  });

  it('a misspelled name', async () => {
    expect(await textOf(() => catalog.fromJSON(envelope('users.crate', {})))).toBe('');
  });

  it('a wrong payload', async () => {
    console.log(JSON.stringify(catalog.envelope(new Create('Ada', 36))));
    expect(await textOf(() => catalog.fromJSON(envelope('users.create', { name: 'Ada', alter: 3 })))).toBe('');
  });
});
void QueryBus;
