import { Injectable, Module } from '@nestjs/common';
import {
  Command,
  CommandHandler,
  CqrsModule,
  Query,
  QueryHandler,
  UseMiddleware,
  type CqrsMiddleware,
  type MiddlewareFunction,
  type Next,
} from '../../../lib/index.js';
import { start } from '../application.js';
import { refusalText, textOf } from './texts.js';

class CreateUser extends Command {}
class GetUser extends Query<string> {}

class Users {
  @CommandHandler(CreateUser)
  create(_command: CreateUser) {
    throw new Error('the name is taken');
  }
  @QueryHandler(GetUser)
  get(_query: GetUser) {
    return 'Ada';
  }
}

/** A middleware as untyped code writes it. */
const untyped = (middleware: unknown) => middleware as MiddlewareFunction;

@Injectable()
class AuditLog {}

@Injectable()
class Audit implements CqrsMiddleware {
  constructor(readonly log: AuditLog) {}
  intercept(message: object, next: Next) {
    return next(message);
  }
}

describe('Middleware that cannot be made', () => {
  it('a middleware whose dependency is not provided, in the options', async () => {
    expect(await refusalText({ imports: [CqrsModule.forRoot({ middleware: [Audit] })] })).toBe('');
  });

  it('a middleware whose dependency is not provided, on a message', async () => {
    @UseMiddleware(Audit)
    class DeleteUser extends Command {}
    @CommandHandler(DeleteUser)
    class DeleteUserHandler {
      execute(_command: DeleteUser) {}
    }
    @Module({ providers: [DeleteUserHandler] })
    class UsersModule {}
    expect(await refusalText({ imports: [CqrsModule.forRoot(), UsersModule] })).toBe('');
  });

  it('a middleware whose dependency is not provided, on a handler', async () => {
    class DisableUser extends Command {}
    @UseMiddleware(Audit)
    @CommandHandler(DisableUser)
    class DisableUserHandler {
      execute(_command: DisableUser) {}
    }
    @Module({ providers: [DisableUserHandler] })
    class UsersModule {}
    expect(await refusalText({ imports: [CqrsModule.forRoot(), UsersModule] })).toBe('');
  });

  it('a middleware class with dependencies, without @Injectable()', async () => {
    class Timing implements CqrsMiddleware {
      constructor(readonly log: AuditLog) {}
      intercept(message: object, next: Next) {
        return next(message);
      }
    }
    expect(
      await refusalText({ imports: [CqrsModule.forRoot({ middleware: [Timing] })], providers: [AuditLog] }),
    ).toBe('');
  });

  it('an object without intercept()', async () => {
    const use = untyped({ use() {} });
    expect(await refusalText({ imports: [CqrsModule.forRoot({ middleware: [use] })] })).toBe('');
  });

  it('a class without intercept()', async () => {
    class Logging {
      use() {}
    }
    expect(await refusalText({ imports: [CqrsModule.forRoot({ middleware: [untyped(Logging)] })] })).toBe('');
  });

  it('undefined, as of a circular import', async () => {
    expect(
      await refusalText({ imports: [CqrsModule.forRoot({ commands: { middleware: [untyped(undefined)] } })] }),
    ).toBe('');
  });
});

describe('Middleware that handles next() wrongly', () => {
  const app = (middleware: MiddlewareFunction) =>
    start({ imports: [CqrsModule.forRoot({ middleware: [middleware] })], providers: [Users] });

  it('`return` forgotten: the result is lost', async () => {
    const audit = untyped(async (message: object, next: Next) => {
      await next(message);
    });
    const { queries, log } = await app(audit);
    expect(await queries.ask(new GetUser())).toBeUndefined();
    await new Promise(setImmediate);
    expect(log.warnings).toEqual(['']);
  });

  it('`return` and `await` forgotten: the failure is lost', async () => {
    const audit = untyped((message: object, next: Next) => {
      void next(message);
    });
    const { commands, log } = await app(audit);
    await commands.dispatch(new CreateUser());
    expect([...log.warnings, ...log.errors]).toEqual(['', '']);
  });

  it('next() without a message', async () => {
    const audit = untyped(function audit(_message: object, next: () => unknown) {
      return next();
    });
    const { queries } = await app(audit);
    expect(await textOf(() => queries.ask(new GetUser()))).toBe('');
  });

  it('next() without a message in a class', async () => {
    class Logging {
      intercept(_message: object, next: () => unknown) {
        return next();
      }
    }
    const { queries } = await app(untyped(new Logging()));
    expect(await textOf(() => queries.ask(new GetUser()))).toBe('');
  });
});
