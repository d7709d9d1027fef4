import { Test } from '@nestjs/testing';
import { AppModule, SignUp } from './users.js';

it('creates a user and reads it back', async () => {
  const module = await Test.createTestingModule({ imports: [AppModule] }).compile();
  await module.init();

  await expect(module.get(SignUp).run('u1', 'u1@example.com')).resolves.toBe('u1@example.com');

  await module.close();
});
