import { jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { Command, CommandBus, EventBus, type MiddlewareFunction } from '../../../lib/index.js';
import { observe, whenDone, type Probe, type Watched } from '../../../lib/extension.js';
import { escaped } from '../../support/escaped-rejections.js';
import { soon } from '../../support/waiting.js';

class Save extends Command<string> {}
class Saved {}

const broken = new Error('the probe is broken');
const unsaved = new Error('unsaved');
const fails = (): never => {
  throw broken;
};

let logged: unknown[];
beforeEach(() => {
  logged = [];
  const log = (text: unknown) => void logged.push(text);
  Logger.overrideLogger({ error: log, warn: log, log });
});
afterEach(() => Logger.overrideLogger(false));

const LOGGED =
  'A probe failed, and the message went on without it: the probe is broken. Later failures of this probe are not logged.';

/** Ways to fail around a step. */
const steps: Record<string, (run: Watched) => Watched> = {
  'before it': () => fails,
  'after it': run => (message, context) => {
    run(message, context);
    return fails();
  },
  'after it, later': run => async (message, context) => {
    try {
      await run(message, context);
    } catch {
      // It fails in any case.
    }
    fails();
  },
  'beside it': run => (message, context) => {
    void run(message, context);
    return Promise.reject(broken);
  },
  'when told its end': run => (message, context) => whenDone(() => run(message, context), fails),
};

const handlers: Record<string, () => unknown> = {
  'a value': () => 'saved',
  'a promise': async () => 'saved',
  'an error': () => {
    throw unsaved;
  },
  'a rejection': async () => {
    throw unsaved;
  },
};

const outcomeOf = (promise: Promise<unknown>) => promise.then(String, (error: Error) => error.message);

describe.each(Object.keys(steps))('a probe that fails %s', way => {
  it.each(Object.keys(handlers))('leaves a handler that gives %s as it is, and is reported once', async kind => {
    const bus = new CommandBus();
    const handler = jest.fn(handlers[kind]!);
    const passes: MiddlewareFunction = (message, next) => next(message);
    bus.register(Save, handler as never);
    bus.dispatcher.setMiddleware([passes]);
    const without = await outcomeOf(bus.execute(new Save()));
    observe(bus, { wrap: (_point, run) => steps[way]!(run) });
    expect(await outcomeOf(bus.execute(new Save()))).toBe(without);
    expect(await outcomeOf(bus.execute(new Save()))).toBe(without);
    await soon();
    expect([handler.mock.calls.length, logged]).toEqual([3, [LOGGED]]);
  });
});

describe('a probe', () => {
  it('may fail to wrap, to begin, to run and to end, without harm', async () => {
    const bus = new EventBus();
    const seen: object[] = [];
    bus.register(Saved, event => void seen.push(event));
    const probes: Probe[] = [
      { wrap: fails },
      { wrap: () => 'nothing' as never },
      { publish: fails },
      { publish: () => ({ run: fails }) },
      { publish: () => ({ end: fails }) },
      {
        publish: () => ({
          run: part => {
            part();
            return fails();
          },
        }),
      },
    ];
    for (const probe of probes) observe(bus, probe);
    await bus.publish(new Saved());
    await bus.publish(new Saved());
    expect([seen.length, logged.length]).toEqual([2, probes.length]);
  });

  it('is not asked for what it has no method for, and not told the end that it does not ask for', async () => {
    const bus = new EventBus();
    bus.register(Saved, () => undefined);
    const publish = jest.fn(() => ({}));
    for (const probe of [{}, { publish }, { wrap: (_point: unknown, run: Watched) => run }]) observe(bus, probe);
    await bus.publish(new Saved());
    expect([publish.mock.calls.length, logged]).toEqual([1, []]);
  });

  it('is named as the source of the line in the log', async () => {
    const names: unknown[] = [];
    Logger.overrideLogger({ error: (...said: unknown[]) => names.push(said.at(-1)), warn: fails, log: fails });
    const bus = new EventBus();
    observe(bus, { publish: fails });
    await bus.publish(new Saved());
    expect(names).toEqual(['CqrsProbe']);
  });

  it.each<[string, Probe]>([
    ['to wrap', { wrap: (async () => fails()) as never }],
    ['to begin', { publish: (async () => fails()) as never }],
    ['to run', { publish: () => ({ run: (async () => fails()) as never }) }],
    [
      'after it has run',
      {
        publish: () => ({
          run: (async (part: () => unknown) => {
            part();
            fails();
          }) as never,
        }),
      },
    ],
    ['to end', { publish: () => ({ end: async () => fails() }) }],
  ])('may fail %s in a promise: it is reported, and no rejection escapes', async (_way, probe) => {
    const bus = new EventBus();
    bus.register(Saved, () => undefined);
    observe(bus, probe);
    await bus.publish(new Saved());
    await soon();
    expect({ escaped, logged: logged.length }).toEqual({ escaped: [], logged: 1 });
  });

  it.each<[string, (part: () => unknown) => Promise<unknown>]>([
    ['at once', async part => part()],
    [
      'too late',
      async part => {
        await undefined;
        return part();
      },
    ],
  ])('may run a failing part %s in a promise of its own: the failure is that of the part', async (_when, run) => {
    const bus = new EventBus();
    bus.publisher = {
      publish: async () => {
        throw unsaved;
      },
    };
    observe(bus, { publish: () => ({ run: run as never }) });
    await expect(bus.publish(new Saved())).rejects.toBe(unsaved);
    await soon();
    expect({ escaped, logged: logged.filter(text => String(text).startsWith('A probe')) }).toEqual({
      escaped: [],
      logged: [],
    });
  });

  it('takes the place of a step by not running it: what it returns is the outcome', async () => {
    const bus = new CommandBus();
    const handler = jest.fn(() => 'saved');
    bus.register(Save, handler);
    const stub = (outcome: () => unknown): Probe => ({ wrap: ({ at }, run) => (at === 'handler' ? outcome : run) });
    const stop = observe(
      bus,
      stub(() => 'stubbed'),
    );
    expect(await bus.execute(new Save())).toBe('stubbed');
    stop();
    observe(
      bus,
      stub(() => Promise.reject(unsaved)),
    );
    await expect(bus.execute(new Save())).rejects.toBe(unsaved);
    expect([handler.mock.calls.length, logged]).toEqual([0, []]);
  });

  it('cannot run a step twice', async () => {
    const bus = new CommandBus();
    const handler = jest.fn(async () => 'saved');
    bus.register(Save, handler);
    observe(bus, {
      wrap: (_point, run) => async (message, context) => {
        void run(message, context);
        return run(message, context);
      },
    });
    expect(await bus.execute(new Save())).toBe('saved');
    expect(handler).toHaveBeenCalledTimes(1);
  });

  it('runs a lazy result, such as that of a query builder, once', async () => {
    const bus = new CommandBus();
    let runs = 0;
    const lazy = { then: (resolve: (value: string) => void) => resolve(`run ${++runs}`) };
    bus.register(Save, () => lazy as never);
    observe(bus, {
      wrap: (_point, run) => (message, context) =>
        whenDone(
          () => run(message, context),
          () => undefined,
        ),
    });
    expect(await bus.execute(new Save())).toBe('run 1');
  });
});
