import { Test } from '@nestjs/testing';
import * as root from 'nestjs-cqrs';
import { CommandBus } from 'nestjs-cqrs/dist/command-bus';
import { CommandHandler } from 'nestjs-cqrs/dist/decorators/command-handler.decorator.js';
import { stub, track } from 'nestjs-cqrs/testing';
import { AppModule, CreateUser, GetUserEmail, SignUp } from './users.js';

it('creates a user and reads it back', async () => {
  const module = await Test.createTestingModule({ imports: [AppModule] }).compile();
  await module.init();

  await expect(module.get(SignUp).run('u1', 'u1@example.com')).resolves.toBe('u1@example.com');

  await module.close();
});

it('tracks what a message causes, and gives the place of the test', async () => {
  const module = await Test.createTestingModule({ imports: [AppModule] }).compile();
  await module.init();

  const flow = await track(module).execute(new CreateUser('u1', 'u1@example.com'));
  expect(flow.executed.only(CreateUser).email).toBe('u1@example.com');
  expect(flow.executed[0]?.sentAt).toMatch(/^users\.spec\.[tj]s:\d+$/);
  expect(() => flow.executed.only(CreateUser, { email: 'u2@example.com' })).toThrow(
    /^CreateUser was executed once, with another email:[^]*- +email: 'u2@example\.com'[^]*\+ +email: 'u1@example\.com'/,
  );

  const asked = stub(module, GetUserEmail).with('stubbed');
  await expect(module.get(SignUp).run('u1', 'u1@example.com')).resolves.toBe('stubbed');
  expect(asked.calls).toEqual([new GetUserEmail('u1')]);

  await module.close();
});

it('finds the paths of version 11, with one copy of everything', () => {
  expect(CommandBus).toBe(root.CommandBus);
  expect(CommandHandler).toBe(root.CommandHandler);
});
