import { Module } from '@nestjs/common';
import { Command, CommandHandler, CqrsModule, Event, EventsHandler, Query, QueryHandler } from '../../../lib/index.js';
import { start } from '../application.js';
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
    expect(await textOf(() => commands.dispatch(new CreateUser()))).toBe('');
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
    expect(await textOf(() => commands.dispatch(new DeleteUser()))).toBe('');
  });

  it('an event handler that is listed but has no decorator', async () => {
    class UserDeleted extends Event {}
    class UserDeletedHandler {
      handle(_event: UserDeleted) {}
    }
    const { events, log } = await start({ imports: [CqrsModule.forRoot()], providers: [UserDeletedHandler] });
    await events.publish(new UserDeleted());
    expect(log.warnings).toEqual(['']);
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
    expect(await textOf(() => commands.dispatch(new DisableUser()))).toBe('');
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
    expect(await refusalText({ imports: [CqrsModule.forRoot(), UsersModule, AdminModule] })).toBe('');
  });

  it('one handler class in two modules', async () => {
    @Module({ providers: [RenameUserHandler] })
    class UsersModule {}
    @Module({ providers: [RenameUserHandler] })
    class AdminModule {}
    expect(await refusalText({ imports: [CqrsModule.forRoot(), UsersModule, AdminModule] })).toBe('');
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
    expect(log.warnings).toEqual(['']);
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
    expect(log.warnings).toEqual(['']);
    void UpdateSearchIndex;
  });

  it('a command handler without execute()', async () => {
    const Broken = CreateUserHandler as unknown as new () => { execute(command: CreateUser): void };
    CommandHandler(CreateUser)(Broken);
    @Module({ providers: [Broken] })
    class UsersModule {}
    expect(await refusalText({ imports: [CqrsModule.forRoot(), UsersModule] })).toBe('');
  });

  it('a query handler without execute() and an event handler without handle(), told together', async () => {
    QueryHandler(GetUser)(GetUserHandler as unknown as new () => { execute(query: GetUser): string });
    EventsHandler(UserCreated)(UserCreatedHandler as unknown as new () => { handle(event: UserCreated): void });
    @Module({ providers: [GetUserHandler, UserCreatedHandler] })
    class UsersModule {}
    expect(await refusalText({ imports: [CqrsModule.forRoot(), UsersModule] })).toBe('');
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
