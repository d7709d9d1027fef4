import { partly, scenario, testApp, type TestApp } from 'nestjs-cqrs/testing';
import { AppModule } from '../src/app.module.js';
import { GetAuditTrail } from '../src/audit/get-audit-trail.query.js';
import { CreateUser } from '../src/users/commands/create-user.command.js';
import { UserCreated } from '../src/users/events/user-created.event.js';
import { WelcomeUserHandler } from '../src/users/events/welcome-user.handler.js';
import { GetUser } from '../src/users/queries/get-user.query.js';
import { UserExistsError } from '../src/users/user.js';

describe('the messages of the users application', () => {
  const { DATA_DIR } = process.env;
  let app: TestApp;

  beforeAll(async () => {
    process.env['DATA_DIR'] = 'memory://';
    app = await testApp({ imports: [AppModule], stubs: on => on(WelcomeUserHandler).silent() });
  }, 60_000);

  afterAll(async () => {
    await app?.close();
    process.env['DATA_DIR'] = DATA_DIR ?? '';
  });

  it('create a user', async () => {
    await scenario(app)
      .when(new CreateUser('ada', 'ada@example.com'))
      .publishes(new UserCreated('ada', 'ada@example.com'));
    await scenario(app).when(new GetUser('ada')).answers({ id: 'ada', email: 'ada@example.com' });
  });

  it('create none whose address is taken, and write it down', async () => {
    const created = scenario(app)
      .given(new CreateUser('alan', 'alan@example.com'))
      .when(new CreateUser('turing', 'Alan@example.com'));
    await created.fails(UserExistsError);
    await created.nothing();
    const outcomes = (await scenario(app).when(new GetAuditTrail(2)).nothing()).result.map(({ outcome }) => outcome);
    expect(outcomes).toEqual([expect.stringMatching(/^failed: There is a user/), 'done']);
  });

  it('welcome a user', async () => {
    const event = partly(UserCreated, { userId: 'grace' });
    await scenario(app).when(new CreateUser('grace', 'grace@example.com')).publishes(event);
  });
});
