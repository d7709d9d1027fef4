import { getEventListeners } from 'node:events';
import { onAbort } from '../../../lib/context/on-abort.js';

const listeners = (signal: AbortSignal): number => getEventListeners(signal, 'abort').length;

describe('Waiting for a signal', () => {
  it('calls everything that waits, in order, with one listener', () => {
    const aborting = new AbortController();
    const ran: number[] = [];
    for (let i = 0; i < 20; i++) onAbort(aborting.signal, () => ran.push(i));
    expect(listeners(aborting.signal)).toBe(1);
    aborting.abort();
    expect(ran).toEqual(Array.from({ length: 20 }, (_, i) => i));
    expect(listeners(aborting.signal)).toBe(0);
  });

  it('does not call what has stopped waiting, and leaves the signal with the last', () => {
    const aborting = new AbortController();
    const ran: string[] = [];
    const first = onAbort(aborting.signal, () => ran.push('first'));
    const second = onAbort(aborting.signal, () => ran.push('second'));
    first();
    first();
    expect(listeners(aborting.signal)).toBe(1);
    second();
    expect(listeners(aborting.signal)).toBe(0);
    onAbort(aborting.signal, () => ran.push('third'));
    second();
    expect(listeners(aborting.signal)).toBe(1);
    aborting.abort();
    expect(ran).toEqual(['third']);
  });

  it('may stop while the others are called, and changes nothing then', () => {
    const aborting = new AbortController();
    const ran: string[] = [];
    const stops: (() => void)[] = [];
    for (const name of ['first', 'second'])
      stops.push(
        onAbort(aborting.signal, () => {
          ran.push(name);
          for (const stop of stops) stop();
        }),
      );
    aborting.abort();
    expect(ran).toEqual(['first', 'second']);
  });

  it('is of each signal alone', () => {
    const [one, other] = [new AbortController(), new AbortController()];
    const ran: string[] = [];
    onAbort(one.signal, () => ran.push('one'));
    onAbort(other.signal, () => ran.push('other'));
    other.abort();
    expect(ran).toEqual(['other']);
  });
});
