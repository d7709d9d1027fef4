import { Command, CommandBus, Event, EventBus } from 'nestjs-cqrs';
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

class SignedUp extends Event {}
class Endless extends Command {}

failing('fails by a failure of an event handler', async () => {
  const app = await testApp({ imports: [AppModule], logger: false });
  app.get(EventBus).register(SignedUp, () => {
    throw new Error('no mailbox');
  });
  await track(app).publish(new SignedUp());
});

failing('fails by a time-out', async () => {
  const app = await testApp({ imports: [AppModule] });
  app.get(CommandBus).register(Endless, () => new Promise<void>(() => undefined));
  await track(app, { timeout: 50 }).execute(new Endless());
});
