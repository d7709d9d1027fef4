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
import { scenario, track } from '../../../lib/testing/index.js';
import { start } from '../../support/application.js';
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
    expect(await refusalText({ imports: [CqrsModule.forRoot({ middleware: [Audit] })] })).toBe(
      'The middleware Audit cannot be instantiated: no provider was found for its constructor argument AuditLog at index [0]. Where: the middleware of CqrsModule.forRoot(). List its class among the providers of a module, together with what it injects. [CQRS_INVALID_MIDDLEWARE]',
    );
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
    expect(await refusalText({ imports: [CqrsModule.forRoot(), UsersModule] })).toBe(
      'The middleware Audit cannot be instantiated: no provider was found for its constructor argument AuditLog at index [0]. Where: @UseMiddleware on DeleteUser. List its class among the providers of a module, together with what it injects. [CQRS_INVALID_MIDDLEWARE]',
    );
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
    expect(await refusalText({ imports: [CqrsModule.forRoot(), UsersModule] })).toBe(
      'The middleware Audit cannot be instantiated: no provider was found for its constructor argument AuditLog at index [0]. Where: DisableUserHandler in UsersModule. List its class among the providers of a module, together with what it injects. [CQRS_INVALID_MIDDLEWARE]',
    );
  });

  it('a middleware class with dependencies, without @Injectable()', async () => {
    class Timing implements CqrsMiddleware {
      constructor(readonly log: AuditLog) {}
      intercept(message: object, next: Next) {
        return next(message);
      }
    }
    expect(await refusalText({ imports: [CqrsModule.forRoot({ middleware: [Timing] })], providers: [AuditLog] })).toBe(
      'The middleware Timing has constructor parameters, and nothing says what they are: Nest would give it undefined. Where: the middleware of CqrsModule.forRoot(). Decorate it with @Injectable(), and compile with emitDecoratorMetadata. [CQRS_INVALID_MIDDLEWARE]',
    );
  });

  it('an object without intercept()', async () => {
    const use = untyped({ use() {} });
    expect(await refusalText({ imports: [CqrsModule.forRoot({ middleware: [use] })] })).toBe(
      'A middleware must be a function, or a class or object with a method intercept(), not an instance of Object. Where: the middleware of CqrsModule.forRoot(). Give a function (message, next) => next(message), or add intercept(message, next). [CQRS_INVALID_MIDDLEWARE]',
    );
  });

  it('a class without intercept()', async () => {
    class Logging {
      use() {}
    }
    expect(await refusalText({ imports: [CqrsModule.forRoot({ middleware: [untyped(Logging)] })] })).toBe(
      'Logging has no method intercept(). Where: the middleware of CqrsModule.forRoot(). Add intercept(message, next). [CQRS_INVALID_MIDDLEWARE]',
    );
  });

  it('undefined, as of a circular import', async () => {
    expect(
      await refusalText({ imports: [CqrsModule.forRoot({ commands: { middleware: [untyped(undefined)] } })] }),
    ).toBe(
      'A middleware must be a function, or a class or object with a method intercept(), not undefined (a circular import?). Where: the middleware of CqrsModule.forRoot() for the command bus. Give a function (message, next) => next(message), or add intercept(message, next). [CQRS_INVALID_MIDDLEWARE]',
    );
  });
});

describe('Middleware that handles next() wrongly', () => {
  const passOn = async (message: object, next: Next): Promise<unknown> => next(message);
  const startWith = (middleware: MiddlewareFunction) =>
    start({ imports: [CqrsModule.forRoot({ middleware: [passOn, middleware, passOn] })], providers: [Users] });

  it('`return` forgotten: the result is lost', async () => {
    const audit = untyped(async function audit(message: object, next: Next) {
      await next(message);
    });
    const { app, log } = await startWith(audit);
    await scenario(app)
      .when(new GetUser())
      .answers(undefined as never);
    expect(log.warnings).toEqual([
      'The middleware audit of the query "GetUser" loses the result of the handler: the caller gets undefined. Return what next() gives.',
    ]);
  });

  it('`return` and `await` forgotten: the failure is lost', async () => {
    const audit = untyped(function audit(message: object, next: Next) {
      void next(message);
    });
    const { app, log } = await startWith(audit);
    await track(app, { failures: 'collect' }).dispatch(new CreateUser());
    expect([...log.warnings, ...log.errors]).toEqual([
      'The middleware audit of the command "CreateUser" drops what next() gives: the caller gets neither result nor failure of the handler. Return or await it.',
      '"Users.create (RootTestModule)" has thrown an unhandled exception on CreateUser: the name is taken',
    ]);
  });

  it('next() without a message', async () => {
    const audit = untyped(function audit(_message: object, next: () => unknown) {
      return next();
    });
    const { queries } = await startWith(audit);
    expect(await textOf(() => queries.ask(new GetUser()))).toBe(
      'A message must be an instance of a class, not undefined. Where: next() of audit. Call next(message), with the message that the middleware was given or another one. [CQRS_INVALID_MESSAGE]',
    );
  });

  it('next() without a message in a class', async () => {
    class Logging {
      intercept(_message: object, next: () => unknown) {
        return next();
      }
    }
    const { queries } = await startWith(untyped(new Logging()));
    expect(await textOf(() => queries.ask(new GetUser()))).toBe(
      'A message must be an instance of a class, not undefined. Where: next() of Logging. Call next(message), with the message that the middleware was given or another one. [CQRS_INVALID_MESSAGE]',
    );
  });
});
