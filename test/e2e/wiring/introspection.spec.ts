import { Module, Scope } from '@nestjs/common';
import {
  Command,
  CommandHandler,
  CqrsModule,
  type CqrsMiddleware,
  Event,
  EventsHandler,
  Middleware,
  type Next,
  Query,
  QueryHandler,
  UseMiddleware,
  Wiring,
} from '../../../lib/index.js';
import { start } from '../../support/application.js';
import { throughJSON } from '../../support/json.js';

class Audit implements CqrsMiddleware {
  intercept(message: object, next: Next) {
    return next(message);
  }
}
class Retry extends Audit {}

@Middleware({ on: ['event'] })
class Isolate implements CqrsMiddleware {
  intercept(message: object, next: Next) {
    return next(message);
  }
}

@UseMiddleware(Retry)
class CreateUser extends Command<string> {}
class GetUser extends Query<string> {}
class UserCreated extends Event {}
class UserRenamed extends Event {}

@CommandHandler(CreateUser, { scope: Scope.REQUEST })
class CreateUserHandler {
  execute() {
    return Promise.resolve('created');
  }
}

class Users {
  @UseMiddleware(function cached(message, next) {
    return next(message);
  })
  @QueryHandler(GetUser)
  get() {
    return 'ann';
  }
  @EventsHandler(UserCreated, UserRenamed)
  project() {}
}

@Module({ imports: [CqrsModule], providers: [CreateUserHandler, Users, Isolate] })
class UsersModule {}

const wiring = async () => {
  const { app } = await start({
    imports: [CqrsModule.forRoot({ middleware: [Audit, (message, next) => next(message)] }), UsersModule],
  });
  return app.get(Wiring, { strict: false });
};

const module = 'UsersModule';

describe('The wiring of an application', () => {
  it('is plain data: which message goes through which middleware to which handler of which module', async () => {
    const expected = [
      {
        kind: 'command',
        message: 'CreateUser',
        middleware: ['Audit', '(anonymous middleware)', 'Retry'],
        handler: 'CreateUserHandler',
        module,
      },
      {
        kind: 'query',
        message: 'GetUser',
        middleware: ['Audit', '(anonymous middleware)', 'cached'],
        handler: 'Users.get',
        module,
      },
      {
        kind: 'event',
        message: 'UserCreated',
        middleware: ['Audit', '(anonymous middleware)', 'Isolate'],
        handler: 'Users.project',
        module,
      },
      {
        kind: 'event',
        message: 'UserRenamed',
        middleware: ['Audit', '(anonymous middleware)', 'Isolate'],
        handler: 'Users.project',
        module,
      },
    ];
    const { entries } = await wiring();
    expect(entries).toEqual(expected);
    expect(throughJSON(await wiring())).toEqual(expected);
  });

  it('is a text, one line a way', async () => {
    expect((await wiring()).toText()).toBe(
      [
        'Commands',
        '  CreateUser → Audit → (anonymous middleware) → Retry → CreateUserHandler (UsersModule)',
        'Queries',
        '  GetUser → Audit → (anonymous middleware) → cached → Users.get (UsersModule)',
        'Events',
        '  UserCreated → Audit → (anonymous middleware) → Isolate → Users.project (UsersModule)',
        '  UserRenamed → Audit → (anonymous middleware) → Isolate → Users.project (UsersModule)',
      ].join('\n'),
    );
  });

  it('is a flow chart in the language of Mermaid', async () => {
    expect((await wiring()).toMermaid()).toBe(
      [
        'flowchart LR',
        '  n0["CreateUser"] -->|"Audit → (anonymous middleware) → Retry"| n1["CreateUserHandler (UsersModule)"]',
        '  n2["GetUser"] -->|"Audit → (anonymous middleware) → cached"| n3["Users.get (UsersModule)"]',
        '  n4["UserCreated"] -->|"Audit → (anonymous middleware) → Isolate"| n5["Users.project (UsersModule)"]',
        '  n6["UserRenamed"] -->|"Audit → (anonymous middleware) → Isolate"| n5["Users.project (UsersModule)"]',
        '  classDef command stroke:#2563eb,stroke-width:2px',
        '  class n0 command',
        '  classDef query stroke:#16a34a,stroke-width:2px,stroke-dasharray:6 3',
        '  class n2 query',
        '  classDef event stroke:#d97706,stroke-width:4px',
        '  class n4,n6 event',
      ].join('\n'),
    );
  });

  it('is empty where nothing is handled', async () => {
    const { app } = await start({ imports: [CqrsModule.forRoot()] });
    const empty = app.get(Wiring);
    expect([empty.entries, empty.toText(), empty.toMermaid()]).toEqual([[], '', 'flowchart LR']);
  });
});
