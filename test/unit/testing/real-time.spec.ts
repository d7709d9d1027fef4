import { setTimeout as delay } from 'node:timers/promises';
import { atMost } from '../../../lib/testing/real-time.js';
import { pending } from '../../support/waiting.js';

describe('waiting at most so long', () => {
  it.each([Infinity, 2 ** 31, Number.MAX_SAFE_INTEGER])('%d is not over at once', async milliseconds => {
    const { promise, finish } = pending();
    const over = atMost(milliseconds, promise).then(() => 'over');
    expect(await Promise.race([over, delay(20, 'waits')])).toBe('waits');
    finish();
    expect(await over).toBe('over');
  });
});
