import { jest } from '@jest/globals';
import { virtualTime } from 'nestjs-cqrs/testing';
import { DAY, dayOf } from './reminders.js';

it('virtualTime() adopts the clock of Jest; node:timers/promises stay real, of which Jest has a copy', async () => {
  jest.useFakeTimers();
  try {
    const after = DAY.after.filter(name => name !== 'Waited');
    expect(await dayOf(virtualTime())).toEqual({ ...DAY, after });
  } finally {
    jest.useRealTimers();
  }
});
