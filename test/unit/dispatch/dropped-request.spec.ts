import { setTimeout as delay } from 'node:timers/promises';
import { jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { CommandBus, QueryBus, type MiddlewareFunction } from '../../../lib/index.js';
import { escaped } from '../../support/escaped-rejections.js';

class Work {
  constructor(readonly fails = false) {}
}
const broken = new Error('of the handler');

let [errors, warnings] = [jest.fn(), jest.fn()];
beforeEach(() => {
  [errors, warnings] = [jest.fn(), jest.fn()];
  Logger.overrideLogger({ log: () => undefined, error: errors, warn: warnings });
});
afterAll(() => Logger.overrideLogger(false));

const busWith = (middleware: MiddlewareFunction) => {
  const bus = new CommandBus({ middleware: [middleware] });
  bus.register(Work, async ({ fails }) => {
    await delay(1);
    if (fails) throw broken;
    return 'done';
  });
  return bus;
};

describe('A middleware of commands that always drops what next() gives, because it', () => {
  it.each<[string, MiddlewareFunction]>([
    ['returns nothing', (message, next) => void next(message) as never],
    ['does not await', async (message, next) => void next(message)],
    [
      'does something else meanwhile',
      async (message, next) => {
        void next(message);
        await delay(5);
      },
    ],
  ])('%s, is told of once, and each failure of the handler is reported', async (_, middleware) => {
    const bus = busWith(middleware);
    for (const fails of [true, false, true]) expect(await bus.execute(new Work(fails))).toBeUndefined();
    await bus.dispatch(new Work(true), { correlationId: 'c' });
    await delay(10);
    expect(escaped).toEqual([]);
    expect(errors).toHaveBeenCalledTimes(3);
    expect(warnings).toHaveBeenCalledTimes(1);
    expect(warnings.mock.calls[0]![0]).toContain('A middleware of the command "Work" drops what next() gives');
  });
});

describe('A middleware of commands that uses what next() gives', () => {
  it.each<[string, MiddlewareFunction]>([
    ['hands it on', (message, next) => next(message)],
    ['awaits it', async (message, next) => next(message)],
  ])('and %s is not told of; failures belong to the caller, the first as every other', async (_, middleware) => {
    const bus = busWith(middleware);
    for (let i = 0; i < 3; i++) await expect(bus.execute(new Work(true))).rejects.toBe(broken);
    expect(await bus.execute(new Work())).toBe('done');
    await delay(10);
    expect(escaped).toEqual([]);
    expect([errors.mock.calls, warnings.mock.calls]).toEqual([[], []]);
  });

  it('and is asked twice at once goes on being watched if one of them drops it', async () => {
    const bus = busWith((message, next) => ((message as Work).fails ? (void next(message) as never) : next(message)));
    await Promise.all([new Work(true), new Work(), new Work(true), new Work()].map(work => bus.execute(work)));
    await bus.execute(new Work(true));
    await delay(10);
    expect([errors.mock.calls.length, escaped]).toEqual([3, []]);
  });

  it('may answer without it', async () => {
    const bus = new QueryBus({ middleware: [() => 'cached'] });
    bus.register(Work, () => 'asked');
    expect([await bus.ask(new Work()), await bus.ask(new Work())]).toEqual(['cached', 'cached']);
    expect(warnings).not.toHaveBeenCalled();
  });
});
