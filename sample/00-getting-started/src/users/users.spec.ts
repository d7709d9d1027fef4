import { Test } from '@nestjs/testing';
import { CommandBus, QueryBus } from 'nestjs-cqrs';
import { AppModule } from '../app.module.js';
import { CreateUser } from './create-user.js';
import { GetUser } from './get-user.js';

describe('a user', () => {
  it('is found once it is created', async () => {
    const app = await Test.createTestingModule({ imports: [AppModule] }).compile();
    await app.init();

    await app.get(CommandBus).dispatch(new CreateUser('ada', 'ada@example.com'));

    expect(await app.get(QueryBus).ask(new GetUser('ada'))).toEqual({ id: 'ada', email: 'ada@example.com' });
    await app.close();
  });
});
