import timersPromises from 'node:timers/promises';
import { virtualTime, type VirtualTime } from '../../../../lib/testing/index.js';
import { quiet } from '../../../support/waiting.js';

describe('virtual time', () => {
  let clock: VirtualTime;
  const real = { setTimeout, setInterval, clearTimeout, clearInterval };

  beforeEach(() => {
    clock = virtualTime({ start: new Date(0) });
  });

  afterEach(() => clock.restore());

  it('ends with the timers that were there, however it is ended', () => {
    expect(setTimeout).not.toBe(real.setTimeout);
    {
      using own = virtualTime();
      expect(own.now).toEqual(new Date(0));
    }
    clock.restore();
    expect({ setTimeout, setInterval, clearTimeout, clearInterval }).toEqual(real);
  });

  it('fires timers with their arguments, in the order of time, and tells the time of each', async () => {
    const fired: unknown[] = [];
    setTimeout((...args: unknown[]) => fired.push([...args, Date.now()]), 2_000, 'b', 1);
    setTimeout((...args: unknown[]) => fired.push([...args, Date.now()]), 1_000, 'a');
    setTimeout(() => fired.push('late'), 2_001);
    await clock.advance('2s');
    expect(fired).toEqual([
      ['a', 1_000],
      ['b', 1, 2_000],
    ]);
    expect(clock.now).toEqual(new Date(2_000));
  });

  it('repeats until it is cleared', async () => {
    const fired: number[] = [];
    const timer = setInterval(() => fired.push(Date.now()), 10);
    await clock.advance(35);
    clearInterval(timer);
    await clock.advance(100);
    expect(fired).toEqual([10, 20, 30]);
  });

  it('clears nothing that is none', async () => {
    let fired = 0;
    setTimeout(() => (fired += 1), 5);
    clearTimeout(undefined);
    clearTimeout(null as unknown as undefined);
    await clock.advance(5);
    expect(fired).toBe(1);
  });

  it('delays of node:timers/promises pass, with their value', async () => {
    const { signal } = new AbortController();
    const passed: unknown[] = [];
    void timersPromises.setTimeout(50, 'value', { signal }).then(value => passed.push(value));
    void timersPromises.setTimeout(60).then(value => passed.push(value));
    await clock.advance(49);
    expect(passed).toEqual([]);
    await clock.advance(1);
    expect(passed).toEqual(['value']);
    await clock.advance(10);
    expect(passed).toEqual(['value', undefined]);
  });

  it('delays of node:timers/promises are aborted, before and while they wait', async () => {
    const controller = new AbortController();
    const refused: unknown[] = [];
    const refuse = (error: Error & { code?: string }) =>
      void refused.push([error.name, error.code, error.message, error.cause]);
    timersPromises.setTimeout(50, 1, { signal: controller.signal }).catch(refuse);
    controller.abort('enough');
    await quiet();
    timersPromises.setTimeout(50, 1, { signal: controller.signal }).catch(refuse);
    await quiet();
    const expected = ['AbortError', 'ABORT_ERR', 'The operation was aborted', 'enough'];
    expect(refused).toEqual([expected, expected]);
    await clock.advance(100);
    expect(refused).toHaveLength(2);
  });

  it('leaves a timer function alone that something else has put in its place', () => {
    const other = (() => 0) as unknown as typeof setTimeout;
    const bound = globalThis.setTimeout;
    globalThis.setTimeout = other;
    clock.restore();
    expect(globalThis.setTimeout).not.toBe(bound);
    globalThis.setTimeout = real.setTimeout;
  });

  it.each(['1 week', '', '5', 'h', '-1s', Number.NaN, -1, Number.POSITIVE_INFINITY])(
    'refuses %p as a time',
    async span => {
      await expect(clock.advance(span as never)).rejects.toThrow(TypeError);
    },
  );

  it.each([
    ['5ms', 5],
    ['2s', 2_000],
    ['3m', 180_000],
    ['1h', 3_600_000],
    ['1d', 86_400_000],
    [7, 7],
    [0, 0],
  ] as const)('%p are %i milliseconds', async (span, milliseconds) => {
    await clock.advance(span);
    expect(Date.now()).toBe(milliseconds);
  });
});
