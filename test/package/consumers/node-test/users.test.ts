// #region test
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it, mock } from 'node:test';
import { Test, type TestingModule } from '@nestjs/testing';
import { CommandBus } from 'nestjs-cqrs';
import { track } from 'nestjs-cqrs/testing';
import { AppModule, CreateUser, SignUp } from './users.js';

describe('signing up', () => {
  let module: TestingModule;

  beforeEach(async () => {
    module = await Test.createTestingModule({ imports: [AppModule] }).compile();
    await module.init();
  });

  afterEach(() => module.close());

  it('creates a user and reads it back', async () => {
    const dispatch = mock.method(module.get(CommandBus), 'dispatch');

    assert.equal(await module.get(SignUp).run('u1', 'u1@example.com'), 'u1@example.com');
    assert.deepEqual(dispatch.mock.calls[0]?.arguments[0], new CreateUser('u1', 'u1@example.com'));
  });

  it('executes one command', async () => {
    const flow = await track(module).run(() => module.get(SignUp).run('u1', 'u1@example.com'));

    assert.equal(flow.executed.only(CreateUser).userId, 'u1');
    assert.throws(() => flow.published.only(CreateUser), { name: 'AssertionError', expected: ['CreateUser'] });
  });
});
// #endregion
