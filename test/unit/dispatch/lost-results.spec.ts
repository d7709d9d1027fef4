import { Command, CommandBus, timeLimit, type MiddlewareFunction } from '../../../lib/index.js';
import { soon } from '../../support/waiting.js';
import { quietLog } from '../../support/quiet-log.js';

class Count extends Command<number | undefined> {
  constructor(readonly result: number | undefined) {
    super();
  }
}

const losing: MiddlewareFunction = async (message, next) => {
  await next(message);
};
const passing: MiddlewareFunction = (message, next) => next(message);

const TOLD =
  'The middleware losing of the command "Count" loses the result of the handler: the caller gets undefined. Return what next() gives.';

let warn: ReturnType<typeof quietLog>['warn'];
beforeEach(() => ({ warn } = quietLog()));

const busWith = (...middleware: MiddlewareFunction[]) => {
  const bus = new CommandBus({ middleware });
  bus.register(Count, ({ result }) => result);
  return bus;
};
const texts = async () => {
  await soon();
  return warn.mock.calls.map(([text]) => text);
};

describe('A middleware that awaits next() and returns nothing', () => {
  it('is logged once, at the first dispatch whose result is lost', async () => {
    const bus = busWith(passing, losing);
    for (const result of [undefined, undefined, 1, 2, 3]) expect(await bus.execute(new Count(result))).toBeUndefined();
    expect(await texts()).toEqual([TOLD]);
  });

  it('is logged after a failure', async () => {
    const bus = busWith(losing);
    bus.registry.clear();
    bus.register(Count, ({ result }) => {
      if (result === 0) throw new Error('failed');
      return result;
    });
    await expect(bus.execute(new Count(0))).rejects.toThrow('failed');
    await bus.execute(new Count(1));
    expect(await texts()).toEqual([TOLD]);
  });

  it('is logged once per message type', async () => {
    class Other extends Command<number> {}
    const bus = busWith(losing);
    bus.register(Other, () => 1);
    await bus.execute(new Count(1));
    await bus.execute(new Other());
    expect(await texts()).toHaveLength(2);
  });
});

describe('No warning is logged', () => {
  it('for a middleware that returns the result of next(), or another one', async () => {
    const instead: MiddlewareFunction = async (message, next) => (await next(message)) ?? 'nothing';
    for (const bus of [busWith(passing), busWith(instead), busWith(async (message, next) => next(message))])
      for (let i = 0; i < 10; i++) await bus.execute(new Count(i));
    expect(await texts()).toEqual([]);
  });

  it('for a handler without a result', async () => {
    const bus = busWith(losing);
    for (let i = 0; i < 10; i++) await bus.execute(new Count(undefined));
    expect(await texts()).toEqual([]);
  });

  it('for a middleware that does not call next()', async () => {
    const bus = busWith(() => undefined as never);
    for (let i = 0; i < 10; i++) await bus.execute(new Count(1));
    expect(await texts()).toEqual([]);
  });

  it('for a middleware that fails after the handler', async () => {
    const committing: MiddlewareFunction = async (message, next) => {
      await next(message);
      throw new Error('not committed');
    };
    await expect(busWith(committing).execute(new Count(1))).rejects.toThrow('not committed');
    expect(await texts()).toEqual([]);
  });

  it('for a handler that timed out', async () => {
    const bus = new CommandBus({ middleware: [timeLimit(5, 'the test')] });
    bus.register(Count, ({ result }) => new Promise(resolve => setTimeout(() => resolve(result), 20)));
    await expect(bus.execute(new Count(1))).rejects.toThrow('did not finish in time');
    await new Promise(resolve => setTimeout(resolve, 40));
    expect(await texts()).toEqual([]);
  });

  it('for a dispatch whose handler never settles', async () => {
    const detached: MiddlewareFunction = async (message, next) => {
      next(message).catch(() => undefined);
    };
    const bus = new CommandBus({ middleware: [detached] });
    bus.register(Count, () => new Promise<undefined>(() => undefined));
    expect(await bus.execute(new Count(1))).toBeUndefined();
    expect(await texts()).toEqual([]);
  });
});

describe('A pipeline', () => {
  it('is watched until it has given a result, at most 8 dispatches', async () => {
    const isWatched = (bus: CommandBus) => bus.dispatcher.pipelinesOf(new Count(0)).first!.watched !== undefined;
    const giving = busWith(passing);
    await giving.execute(new Count(1));
    expect(isWatched(giving)).toBe(false);
    const silent = busWith(passing);
    for (let i = 0; i < 7; i++) await silent.execute(new Count(undefined));
    expect(isWatched(silent)).toBe(true);
    await silent.execute(new Count(undefined));
    expect(isWatched(silent)).toBe(false);
  });
});
