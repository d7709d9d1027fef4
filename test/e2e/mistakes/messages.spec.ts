import { Injectable, Module } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import {
  Command,
  CommandBus,
  CommandHandler,
  CqrsModule,
  Event,
  EventsHandler,
  Query,
  QueryHandler,
} from '../../../lib/index.js';
import { start } from '../../support/application.js';
import { textOf } from './texts.js';

class CreateUser extends Command<string> {}
class GetUser extends Query<string> {}
class UserCreated extends Event {}

@CommandHandler(CreateUser)
class CreateUserHandler {
  execute(_command: CreateUser) {
    return 'u1';
  }
}
@QueryHandler(GetUser)
class GetUserHandler {
  execute(_query: GetUser) {
    return 'Ada';
  }
}
@EventsHandler(UserCreated)
class UserCreatedHandler {
  handle(_event: UserCreated) {}
}

const app = () =>
  start({ imports: [CqrsModule.forRoot()], providers: [CreateUserHandler, GetUserHandler, UserCreatedHandler] });

/** What untyped code sends. */
const untyped = (value: unknown) => value as object;

describe('Mistakes about the bus', () => {
  it('a query on the command bus', async () => {
    const { commands } = await app();
    expect(await textOf(() => commands.execute(new GetUser()))).toBe(
      'No handler found for the command: "GetUser". GetUserHandler handles it as a query: send it through the query bus. [CQRS_HANDLER_NOT_FOUND]',
    );
  });

  it('a command on the query bus', async () => {
    const { queries } = await app();
    expect(await textOf(() => queries.ask(new CreateUser()))).toBe(
      'No handler found for the query: "CreateUser". CreateUserHandler handles it as a command: send it through the command bus. [CQRS_HANDLER_NOT_FOUND]',
    );
  });

  it('an event on the command bus', async () => {
    const { commands } = await app();
    expect(await textOf(() => commands.dispatch(new UserCreated()))).toBe(
      'No handler found for the command: "UserCreated". UserCreatedHandler handles it as an event: publish it on the event bus. [CQRS_HANDLER_NOT_FOUND]',
    );
  });

  it('an event on the query bus', async () => {
    const { queries } = await app();
    expect(await textOf(() => queries.ask(new UserCreated()))).toBe(
      'No handler found for the query: "UserCreated". UserCreatedHandler handles it as an event: publish it on the event bus. [CQRS_HANDLER_NOT_FOUND]',
    );
  });

  it('an event without a handler on the command bus', async () => {
    class UserDeleted extends Event {}
    const { commands } = await app();
    expect(await textOf(() => commands.dispatch(new UserDeleted()))).toBe(
      'No handler found for the command: "UserDeleted". It is an event: publish it on the event bus. [CQRS_HANDLER_NOT_FOUND]',
    );
  });

  it('a command given to publish()', async () => {
    const { events } = await app();
    expect(await textOf(() => events.publish(new CreateUser()))).toBe(
      'No handler found for the event: "CreateUser". CreateUserHandler handles it as a command: send it through the command bus. [CQRS_HANDLER_NOT_FOUND]',
    );
  });

  it('a command without a handler given to publish()', async () => {
    class DeleteUser extends Command {}
    const { events, log } = await app();
    await events.publish(new DeleteUser());
    expect(log.warnings).toEqual([
      'The event "DeleteUser" reaches no handler. It is a command: send it through the command bus.',
    ]);
  });

  it('a query given to publish()', async () => {
    const { events } = await app();
    expect(await textOf(() => events.publish(new GetUser()))).toBe(
      'No handler found for the event: "GetUser". GetUserHandler handles it as a query: send it through the query bus. [CQRS_HANDLER_NOT_FOUND]',
    );
  });
});

describe('Mistakes about the message', () => {
  it('an array given to publish()', async () => {
    const { events } = await app();
    expect(await textOf(() => events.publish([new UserCreated(), new UserCreated()]))).toBe(
      'A message must be an instance of a class, not an instance of Array. Where: event bus. Publish several events with publishAll(); send commands and queries one by one. [CQRS_INVALID_MESSAGE]',
    );
  });

  it('an array given to dispatch()', async () => {
    const { commands } = await app();
    expect(await textOf(() => commands.dispatch([new CreateUser()]))).toBe(
      'A message must be an instance of a class, not an instance of Array. Where: command bus. Publish several events with publishAll(); send commands and queries one by one. [CQRS_INVALID_MESSAGE]',
    );
  });

  it('a class in place of an instance', async () => {
    const { commands, queries, events } = await app();
    expect(await textOf(() => commands.dispatch(untyped(CreateUser)))).toBe(
      'A message must be an instance of a class, not the class CreateUser. Where: command bus. Send an instance: new CreateUser(…). [CQRS_INVALID_MESSAGE]',
    );
    expect(await textOf(() => queries.ask(untyped(GetUser)))).toBe(
      'A message must be an instance of a class, not the class GetUser. Where: query bus. Send an instance: new GetUser(…). [CQRS_INVALID_MESSAGE]',
    );
    expect(await textOf(() => events.publish(untyped(UserCreated)))).toBe(
      'A message must be an instance of a class, not the class UserCreated. Where: event bus. Send an instance: new UserCreated(…). [CQRS_INVALID_MESSAGE]',
    );
  });

  it('undefined, as of a lost variable', async () => {
    const { commands } = await app();
    expect(await textOf(() => commands.dispatch(undefined as unknown as object))).toBe(
      'A message must be an instance of a class, not undefined. Where: command bus. Send an instance of a message class, and check that nothing on the way lost it. [CQRS_INVALID_MESSAGE]',
    );
  });

  it('a plain object given to dispatch(), as of @Body() without a transforming pipe', async () => {
    const { commands } = await app();
    expect(await textOf(() => commands.dispatch({ name: 'Ada' }))).toBe(
      'No handler found for the command: "Object". It is a plain object: send an instance of a message class. Of a @Body(), ValidationPipe({ transform: true }) makes one. [CQRS_HANDLER_NOT_FOUND]',
    );
  });
});

describe('Mistakes about when to send', () => {
  it('a dispatch in a constructor', async () => {
    const texts: Promise<string>[] = [];
    @Injectable()
    class UserSeeder {
      constructor(commands: CommandBus) {
        texts.push(textOf(() => commands.dispatch(new CreateUser())));
      }
    }
    @Module({ providers: [UserSeeder] })
    class UsersModule {}
    await start({ imports: [CqrsModule.forRoot(), UsersModule], providers: [CreateUserHandler] });
    expect(await Promise.all(texts)).toEqual([
      '"CreateUser" was sent before the handlers were there. Where: the constructor of UserSeeder. Send it in onModuleInit or later; events may be published at any time. [CQRS_NOT_WIRED]',
    ]);
  });

  it('a dispatch in a method that a constructor calls', async () => {
    const texts: Promise<string>[] = [];
    @Injectable()
    class UserSeeder {
      constructor(private readonly commands: CommandBus) {
        this.seed();
      }
      private seed() {
        texts.push(textOf(() => this.commands.execute(new CreateUser())));
      }
    }
    await start({ imports: [CqrsModule.forRoot()], providers: [UserSeeder, CreateUserHandler] });
    expect(await Promise.all(texts)).toEqual([
      '"CreateUser" was sent before the handlers were there. Where: the constructor of UserSeeder. Send it in onModuleInit or later; events may be published at any time. [CQRS_NOT_WIRED]',
    ]);
  });

  it('a dispatch in a provider factory', async () => {
    const texts: Promise<string>[] = [];
    const seed = {
      provide: 'SEED',
      inject: [CommandBus],
      useFactory: (commands: CommandBus) => texts.push(textOf(() => commands.dispatch(new CreateUser()))),
    };
    await start({ imports: [CqrsModule.forRoot()], providers: [seed, CreateUserHandler] });
    expect(await Promise.all(texts)).toEqual([
      '"CreateUser" was sent before the handlers were there. Where: a constructor or a provider factory. Send it in onModuleInit or later; events may be published at any time. [CQRS_NOT_WIRED]',
    ]);
  });

  it('a test without init() works', async () => {
    const module = await Test.createTestingModule({
      imports: [CqrsModule.forRoot()],
      providers: [CreateUserHandler],
    }).compile();
    expect(await module.get(CommandBus).execute(new CreateUser())).toBe('u1');
    await module.close();
  });
});
