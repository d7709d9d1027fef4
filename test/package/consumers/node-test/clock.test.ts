import assert from 'node:assert/strict';
import { it } from 'node:test';
import { virtualTime } from 'nestjs-cqrs/testing';
import { DAY, dayOf } from './reminders.js';

it('virtualTime() installs @sinonjs/fake-timers', async () => {
  const { setTimeout: real } = globalThis;
  assert.deepEqual(await dayOf(virtualTime()), DAY);
  assert.equal(globalThis.setTimeout, real);
});
