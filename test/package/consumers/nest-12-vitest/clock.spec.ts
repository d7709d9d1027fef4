import { vi } from 'vitest';
import { virtualTime } from 'nestjs-cqrs/testing';
import { DAY, dayOf } from './reminders.js';

it('virtualTime() adopts the clock of Vitest, and leaves it there', async () => {
  vi.useFakeTimers();
  const { setTimeout: faked } = globalThis;
  try {
    expect(await dayOf(virtualTime())).toEqual(DAY);
    expect(globalThis.setTimeout).toBe(faked);
  } finally {
    vi.useRealTimers();
  }
});

it('virtualTime() is moved by a function of the test', async () => {
  vi.useFakeTimers();
  try {
    expect(await dayOf(virtualTime({ advance: time => vi.advanceTimersByTimeAsync(time) }))).toEqual(DAY);
  } finally {
    vi.useRealTimers();
  }
});
