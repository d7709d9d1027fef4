import { it } from 'node:test';
import { Command, CommandBus, Event, EventBus } from 'nestjs-cqrs';
import { testApp, track } from 'nestjs-cqrs/testing';
import { AppModule, CreateUser } from './users.js';

it('fails by a recording', async () => {
  const app = await testApp({ imports: [AppModule] });
  const flow = await track(app).execute(new CreateUser('u1', 'u1@example.com'));
  await app.close();
  flow.executed.only(CreateUser, { email: 'u2@example.com' });
});

class SignedUp extends Event {}
class Endless extends Command {}

it('fails by a failure of an event handler', async () => {
  const app = await testApp({ imports: [AppModule], logger: false });
  app.get(EventBus).register(SignedUp, () => {
    throw new Error('no mailbox');
  });
  await track(app).publish(new SignedUp());
});

it('fails by a time-out', async () => {
  const app = await testApp({ imports: [AppModule] });
  app.get(CommandBus).register(Endless, () => new Promise<void>(() => undefined));
  await track(app, { timeout: 50 }).execute(new Endless());
});
