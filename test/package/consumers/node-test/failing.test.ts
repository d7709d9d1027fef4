import { it } from 'node:test';
import { testApp, track } from 'nestjs-cqrs/testing';
import { AppModule, CreateUser } from './users.js';

it('fails by a recording', async () => {
  const app = await testApp({ imports: [AppModule] });
  const flow = await track(app).execute(new CreateUser('u1', 'u1@example.com'));
  await app.close();
  flow.executed.only(CreateUser, { email: 'u2@example.com' });
});
