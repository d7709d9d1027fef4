import { testApp, track } from 'nestjs-cqrs/testing';
import { AppModule, CreateUser, GetUserEmail } from './users.js';

const created = async () => {
  const app = await testApp({ imports: [AppModule] });
  const flow = await track(app).execute(new CreateUser('u1', 'u1@example.com'));
  await app.close();
  return flow;
};

it('asks expect() of a flow', async () => {
  const flow = await created();
  expect(flow).toHaveExecuted(CreateUser, { userId: 'u1' });
  expect(flow).not.toHaveAsked(GetUserEmail);
  expect(() => expect(flow).toHaveExecuted(CreateUser, { userId: 'u2' })).toThrow('with another userId');
});

/** Tests that fail, for those who read what the runner writes. */
const failing = process.env['CQRS_FAIL'] === undefined ? it.skip : it;

failing('fails by a recording', async () => {
  const flow = await created();
  flow.executed.only(CreateUser, { email: 'u2@example.com' });
});

const checkThatAsked = async () => expect(await created()).toHaveAsked(GetUserEmail);

failing('fails by a matcher', checkThatAsked);
