import { DispatchTimeoutException } from '../../../lib/index.js';
import { Flight } from '../../../lib/caching/flight.js';

const shared = (result: unknown) => ({ json: result });

describe('a run for all that ask an equal query', () => {
  it('that throws at once fails like one that rejects', async () => {
    const failures: unknown[] = [];
    const flight = new Flight(1, [], () => undefined);
    const result = flight.start(
      () => {
        throw new Error('at once');
      },
      shared,
      failure => {
        failures.push(failure);
        return false;
      },
    );
    await expect(result).rejects.toThrow('at once');
    await expect(flight.join(undefined)).rejects.toThrow('at once');
    expect(failures).toEqual([new Error('at once')]);
  });

  it.each([
    ['a dispatch', new DispatchTimeoutException('Read', 'Reader', 5, 'the caller'), ['left']],
    ['AbortSignal.timeout()', new DOMException('too late', 'TimeoutError'), ['left']],
    ['no time limit', new Error('gone'), []],
  ])('is not joined any more when the time of a caller was up, by %s', async (_what, reason, expected) => {
    const left: string[] = [];
    const flight = new Flight(1, [], () => left.push('left'));
    void flight.start(
      () => new Promise(() => undefined),
      shared,
      () => false,
    );
    void flight.join(undefined);
    const leaving = new AbortController();
    const waiting = flight.join(leaving.signal);
    leaving.abort(reason);
    await expect(waiting).rejects.toBe(reason);
    expect(left).toEqual(expected);
  });
});
