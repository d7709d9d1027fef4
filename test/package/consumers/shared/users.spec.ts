import { Test } from '@nestjs/testing';
import * as root from 'nestjs-cqrs';
import { CommandBus } from 'nestjs-cqrs/dist/command-bus';
import { CommandHandler } from 'nestjs-cqrs/dist/decorators/command-handler.decorator.js';
import { AppModule, SignUp } from './users.js';

it('creates a user and reads it back', async () => {
  const module = await Test.createTestingModule({ imports: [AppModule] }).compile();
  await module.init();

  await expect(module.get(SignUp).run('u1', 'u1@example.com')).resolves.toBe('u1@example.com');

  await module.close();
});

it('finds the paths of version 11, with one copy of everything', () => {
  expect(CommandBus).toBe(root.CommandBus);
  expect(CommandHandler).toBe(root.CommandHandler);
});
