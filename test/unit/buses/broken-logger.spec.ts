import { jest } from '@jest/globals';
import { config } from 'rxjs';
import { EventBus } from '../../../lib/index.js';
import { quietLog } from '../../support/quiet-log.js';

class Happened {}

/** Given what rxjs would throw into the process, by a timer. */
const escaped: unknown[] = [];
beforeEach(() => (config.onUnhandledError = error => escaped.push(error)));
afterEach(() => (config.onUnhandledError = null));

describe('A logger that throws', () => {
  it('hides the failure of a subscriber, and keeps the event from none', async () => {
    const { error } = quietLog();
    error.mockImplementation(() => {
      throw new Error('the disk is full');
    });
    const bus = new EventBus();
    const handled = jest.fn();
    const seen: object[] = [];
    bus.register(Happened, handled);
    bus.subscribe(() => {
      throw new Error('boom');
    });
    bus.subscribe(event => seen.push(event));
    await bus.publish(new Happened());
    await bus.publish(new Happened());
    await new Promise(resolve => setTimeout(resolve, 0));
    expect(escaped).toEqual([]);
    expect([handled.mock.calls.length, seen.length]).toEqual([2, 2]);
    expect(error).toHaveBeenCalledTimes(2);
    expect(error).toHaveBeenCalledWith(
      'A subscriber of a bus failed; the others go on.',
      expect.stringContaining('boom'),
    );
  });
});
