import { virtualTime } from 'nestjs-cqrs/testing';
import { DAY, dayOf } from './reminders.js';

it('virtualTime() adopts the clock of Jest', async () => {
  jest.useFakeTimers();
  try {
    expect(await dayOf(virtualTime())).toEqual(DAY);
  } finally {
    jest.useRealTimers();
  }
});
