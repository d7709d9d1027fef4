import { Ending } from '../../../lib/context/ending.js';

describe('Ending', () => {
  it('aborts a signal that was read before', () => {
    const ending = new Ending();
    const { signal } = ending;
    ending.abort('gone');
    expect(signal).toMatchObject({ aborted: true, reason: 'gone' });
    expect(ending.signal).toBe(signal);
  });

  it('makes an aborted signal when it is read later, for the first reason', () => {
    const ending = new Ending();
    ending.abort('gone');
    ending.abort('cancelled');
    expect(ending.signal).toMatchObject({ aborted: true, reason: 'gone' });
  });
});
