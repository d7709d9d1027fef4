import { Module } from '@nestjs/common';
import { Command, CommandHandler, CqrsModule, Event, EventsHandler, Query, QueryHandler } from '../../../lib/index.js';
import { start } from '../../support/application.js';
import { refusalText, textOf } from './texts.js';

class CreateUser extends Command {}
class RenameUser extends Command {}
class GetUser extends Query<string> {}
class UserCreated extends Event {}

@CommandHandler(RenameUser)
class RenameUserHandler {
  execute(_command: RenameUser) {}
}

describe('Mistakes in the wiring', () => {
  it('a handler that is missing in `providers`', async () => {
    @CommandHandler(CreateUser)
    class CreateUserHandler {
      execute(_command: CreateUser) {}
    }
    const { commands } = await start({ imports: [CqrsModule.forRoot()] });
    expect(await textOf(() => commands.dispatch(new CreateUser()))).toBe(
      'No handler found for the command: "CreateUser". CreateUserHandler is declared but not provided: list it among the providers of a module that the application imports. [CQRS_HANDLER_NOT_FOUND]',
    );
    void CreateUserHandler;
  });

  it('a handler that is listed but has no decorator', async () => {
    class DeleteUser extends Command {}
    class DeleteUserHandler {
      execute(_command: DeleteUser) {}
    }
    @Module({ providers: [DeleteUserHandler] })
    class UsersModule {}
    const { commands } = await start({ imports: [CqrsModule.forRoot(), UsersModule] });
    expect(await textOf(() => commands.dispatch(new DeleteUser()))).toBe(
      'No handler found for the command: "DeleteUser". DeleteUserHandler in UsersModule has no decorator: decorate it with @CommandHandler(DeleteUser). [CQRS_HANDLER_NOT_FOUND]',
    );
  });

  it('an event handler that is listed but has no decorator', async () => {
    class UserDeleted extends Event {}
    class UserDeletedHandler {
      handle(_event: UserDeleted) {}
    }
    const { events, log } = await start({ imports: [CqrsModule.forRoot()], providers: [UserDeletedHandler] });
    await events.publish(new UserDeleted());
    expect(log.warnings).toEqual([
      'The event "UserDeleted" reaches no handler. UserDeletedHandler in RootTestModule has no decorator: decorate it with @EventsHandler(UserDeleted).',
    ]);
  });

  it('another message in the decorator than in the method', async () => {
    class DisableUser extends Command {}
    @CommandHandler(RenameUser)
    class DisableUserHandler {
      execute(_command: DisableUser) {}
    }
    @Module({ providers: [DisableUserHandler] })
    class UsersModule {}
    const { commands } = await start({ imports: [CqrsModule.forRoot(), UsersModule] });
    expect(await textOf(() => commands.dispatch(new DisableUser()))).toBe(
      'No handler found for the command: "DisableUser". DisableUserHandler in UsersModule is decorated with @CommandHandler(RenameUser): decorate it with @CommandHandler(DisableUser). [CQRS_HANDLER_NOT_FOUND]',
    );
  });

  it('two handlers of one command', async () => {
    @CommandHandler(RenameUser)
    class OtherRenameUserHandler {
      execute(_command: RenameUser) {}
    }
    @Module({ providers: [RenameUserHandler] })
    class UsersModule {}
    @Module({ providers: [OtherRenameUserHandler] })
    class AdminModule {}
    expect(await refusalText({ imports: [CqrsModule.forRoot(), UsersModule, AdminModule] })).toBe(
      '"RenameUser" has two handlers: RenameUserHandler in UsersModule, and OtherRenameUserHandler in AdminModule. Keep one of them, or set duplicates: \'warn\' to let the first serve. [CQRS_DUPLICATE_HANDLER]',
    );
  });

  it('one handler class in two modules', async () => {
    @Module({ providers: [RenameUserHandler] })
    class UsersModule {}
    @Module({ providers: [RenameUserHandler] })
    class AdminModule {}
    expect(await refusalText({ imports: [CqrsModule.forRoot(), UsersModule, AdminModule] })).toBe(
      'RenameUserHandler, which handles "RenameUser", is provided by two modules: UsersModule and AdminModule. Provide it in one module and export it. [CQRS_DUPLICATE_HANDLER]',
    );
  });

  it('one event handler class in two modules', async () => {
    @EventsHandler(UserCreated)
    class SendWelcomeMail {
      handle(_event: UserCreated) {}
    }
    @Module({ providers: [SendWelcomeMail] })
    class UsersModule {}
    @Module({ providers: [SendWelcomeMail] })
    class MailModule {}
    const { log } = await start({ imports: [CqrsModule.forRoot(), UsersModule, MailModule] });
    expect(log.warnings).toEqual([
      'SendWelcomeMail is provided by two modules: UsersModule and MailModule; it runs once per event, in the first one. Provide it in one module and export it.',
    ]);
  });

  it('an event handler that is missing in `providers`', async () => {
    class UserRenamed extends Event {}
    @EventsHandler(UserRenamed)
    class UpdateSearchIndex {
      handle(_event: UserRenamed) {}
    }
    const { events, log } = await start({ imports: [CqrsModule.forRoot()] });
    await events.publish(new UserRenamed());
    await events.publish(new UserRenamed());
    expect(log.warnings).toEqual([
      'The event "UserRenamed" does not reach UpdateSearchIndex, which is declared but not provided: list it among the providers of a module that the application imports, or set events: { notProvided: \'ignore\' }.',
    ]);
    void UpdateSearchIndex;
  });

  it('a command handler without execute()', async () => {
    const Broken = CreateUserHandler as unknown as new () => { execute(command: CreateUser): void };
    CommandHandler(CreateUser)(Broken);
    @Module({ providers: [Broken] })
    class UsersModule {}
    expect(await refusalText({ imports: [CqrsModule.forRoot(), UsersModule] })).toBe(
      'The handler has no method execute(). Where: CreateUserHandler in UsersModule. Add execute(message), or take @CommandHandler away. [CQRS_HANDLER_WITHOUT_METHOD]',
    );
  });

  it('a query handler without execute() and an event handler without handle(), told together', async () => {
    QueryHandler(GetUser)(GetUserHandler as unknown as new () => { execute(query: GetUser): string });
    EventsHandler(UserCreated)(UserCreatedHandler as unknown as new () => { handle(event: UserCreated): void });
    @Module({ providers: [GetUserHandler, UserCreatedHandler] })
    class UsersModule {}
    expect(await refusalText({ imports: [CqrsModule.forRoot(), UsersModule] })).toBe(
      [
        'The wiring has 2 problems:',
        '  1. The handler has no method execute(). Where: GetUserHandler in UsersModule. Add execute(message), or take @QueryHandler away. [CQRS_HANDLER_WITHOUT_METHOD]',
        '  2. The handler has no method handle(). Where: UserCreatedHandler in UsersModule. Add handle(message), or take @EventsHandler away. [CQRS_HANDLER_WITHOUT_METHOD]',
        'Correct what is listed and start again. [CQRS_WIRING]',
      ].join('\n'),
    );
  });
});

class CreateUserHandler {
  handle(_command: CreateUser) {}
}
class GetUserHandler {
  handle(_query: GetUser) {}
}
class UserCreatedHandler {
  execute(_event: UserCreated) {}
}
