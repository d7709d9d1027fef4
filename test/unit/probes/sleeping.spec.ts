import { of } from 'rxjs';
import { Command, CommandBus, Event, EventBus, QueryBus, StreamQuery } from '../../../lib/index.js';
import { observe } from '../../../lib/extension.js';
import { Probes } from '../../../lib/dispatch/probes.js';
import { quietLog } from '../../support/quiet-log.js';
import { CountingProbe } from './counting-probe.js';

class Save extends Command<string> {}
class Saved extends Event {}
class Lines extends StreamQuery<number> {}

/** Counts, and sleeps when it is told to. */
class Sleeper extends CountingProbe {
  isSleeping = true;
  asked = 0;

  isAsleep = (): boolean => {
    this.asked += 1;
    return this.isSleeping;
  };
}

const savingBus = () => {
  const bus = new CommandBus();
  bus.register(Save, () => 'saved');
  return bus;
};

const eventBus = () => {
  const bus = new EventBus();
  bus.register(Saved, () => undefined);
  return bus;
};

describe('a probe that is asleep', () => {
  it('leaves a pipeline as it is, until it wakes up, and when it is asleep again', async () => {
    const bus = savingBus();
    const probe = new Sleeper();
    const stop = observe(bus, probe);
    const isDirect = () => bus.dispatcher.pipelinesOf(new Save()).first!.isDirect;
    const seen: unknown[] = [];
    for (const isSleeping of [true, false, true]) {
      probe.isSleeping = isSleeping;
      expect(await bus.execute(new Save())).toBe('saved');
      seen.push([isDirect(), probe.begun.splice(0)]);
    }
    expect(seen).toEqual([
      [true, []],
      [false, ['dispatch Save', 'handler Save']],
      [true, []],
    ]);
    stop();
    const { asked } = probe;
    await bus.execute(new Save());
    expect(probe.asked).toBe(asked);
  });

  it('is told of the first event after it woke up, and of its handlers', async () => {
    const bus = eventBus();
    const probe = new Sleeper();
    observe(bus, probe);
    await bus.publish(new Saved());
    expect(bus.dispatcher.pipelinesOf(new Saved()).direct).toBeDefined();
    probe.isSleeping = false;
    await bus.publish(new Saved());
    expect([probe.begun, probe.open]).toEqual([['publish Saved to 1', 'dispatch Saved', 'handler Saved'], 0]);
  });

  it('is told of the rows of the first query after it woke up', async () => {
    const bus = new QueryBus();
    bus.register(Lines, () => of(1, 2));
    const probe = new Sleeper();
    observe(bus, probe);
    const read = async () => {
      for await (const row of bus.stream(new Lines())) expect(row).toBeGreaterThan(0);
    };
    await read();
    expect(probe.begun).toEqual([]);
    probe.isSleeping = false;
    await read();
    expect([probe.begun[0], probe.open]).toEqual(['rows of Lines', 0]);
  });

  it('is told of rows that are asked for before it woke up, and read later', async () => {
    const bus = new QueryBus();
    bus.register(Lines, () => of(1, 2));
    const probe = new Sleeper();
    observe(bus, probe);
    const rows = bus.stream(new Lines());
    probe.isSleeping = false;
    for await (const row of rows) expect(row).toBeGreaterThan(0);
    expect([probe.begun, probe.open]).toEqual([['rows of Lines', 'dispatch Lines', 'handler Lines'], 0]);
    const others = bus.stream(new Lines());
    probe.isSleeping = true;
    for await (const row of others) expect(row).toBeGreaterThan(0);
    expect(probe.begun).toHaveLength(3);
  });

  it('is not told of an event that is refused, or published elsewhere', async () => {
    quietLog();
    const bus = eventBus();
    const probe = new Sleeper();
    observe(bus, probe);
    bus.publisher = { publish: async () => undefined };
    await bus.publish(new Saved());
    bus.close();
    bus.publisher = { publish: event => Promise.reject(event) };
    await expect(bus.publish(new Saved())).rejects.toBeInstanceOf(Saved);
    expect(probe.begun).toEqual([]);
  });

  it('ends what it has begun', async () => {
    const bus = new CommandBus();
    const probe = new Sleeper();
    probe.isSleeping = false;
    bus.register(Save, async () => {
      probe.isSleeping = true;
      await bus.dispatch(new Other());
      return 'saved';
    });
    bus.register(Other, () => undefined);
    observe(bus, probe);
    expect(await bus.execute(new Save())).toBe('saved');
    expect([probe.begun, probe.open]).toEqual([['dispatch Save', 'handler Save'], 0]);
  });

  it('leaves others as they are', async () => {
    const bus = savingBus();
    const [sleeper, other] = [new Sleeper(), new CountingProbe()];
    observe(bus, sleeper);
    observe(bus, other);
    await bus.execute(new Save());
    expect([sleeper.begun, other.begun]).toEqual([[], ['dispatch Save', 'handler Save']]);
  });

  it('is not asked what leaves, or what a saga does', () => {
    const probes = new Probes();
    const told: string[] = [];
    const probe = {
      isSleeping: true,
      isAsleep: () => probe.isSleeping,
      sagaEmits: () => void told.push('emits'),
      leaves: () => void told.push('leaves'),
    };
    probes.add(probe);
    const sent = { saga: { name: 'Sagas.react' }, command: new Save(), context: undefined };
    probes.begin('sagaEmits', sent);
    expect([told, probes.seesLeaving, probes.sees('sagaEmits')]).toEqual([[], false, false]);
    probe.isSleeping = false;
    probes.begin('sagaEmits', sent);
    expect([told, probes.seesLeaving, probes.sees('sagaEmits')]).toEqual([['emits'], true, true]);
  });
});

class Other extends Command {}

describe('a probe that changes something where it must not', () => {
  it('is asked once, also if it sends a message when it is asked', async () => {
    const bus = savingBus();
    const handled: Promise<void>[] = [];
    let others = 0;
    bus.register(Other, () => void (others += 1));
    const isAsleep = () => {
      handled.push(bus.dispatch(new Other()));
      return false;
    };
    observe(bus, Object.assign(new CountingProbe(), { isAsleep }));
    others = 0;
    await bus.execute(new Save());
    await Promise.all(handled);
    expect(others).toBe(1);
  });

  it('is told of the next message, if it wakes up or is added while a pipeline is composed', async () => {
    const bus = savingBus();
    bus.register(Other, () => undefined);
    const [sleeper, late] = [new Sleeper(), new CountingProbe()];
    observe(bus, sleeper);
    const composing = [
      () => {
        sleeper.isSleeping = false;
        void bus.dispatch(new Other());
      },
      () => void observe(bus, late),
    ];
    observe(bus, {
      wrap: (_point, run) => {
        composing.pop()?.();
        return run;
      },
    });
    await bus.execute(new Save());
    for (const probe of [sleeper, late]) probe.begun.length = 0;
    await bus.execute(new Save());
    expect([sleeper.begun, late.begun]).toEqual([
      ['dispatch Save', 'handler Save'],
      ['dispatch Save', 'handler Save'],
    ]);
  });

  it('is told of the next message, if it is added while a pipeline is composed and no probe sleeps', async () => {
    const bus = savingBus();
    const late = new CountingProbe();
    let isFirst = true;
    observe(bus, {
      wrap: (_point, run) => {
        if (isFirst) observe(bus, late);
        isFirst = false;
        return run;
      },
    });
    await bus.execute(new Save());
    await bus.execute(new Save());
    expect(late.begun).toEqual(['dispatch Save', 'handler Save']);
  });
});

describe('a probe that cannot say whether it is asleep', () => {
  it.each<[string, () => boolean]>([
    [
      'it throws',
      () => {
        throw new Error('broken');
      },
    ],
    ['it is asynchronous', (() => Promise.resolve(true)) as never],
    ['it says something else', (() => 'yes') as never],
  ])('is awake: %s', async (how, isAsleep) => {
    const { error } = quietLog();
    const bus = savingBus();
    const probe = Object.assign(new CountingProbe(), { isAsleep });
    observe(bus, probe);
    await bus.execute(new Save());
    await bus.execute(new Save());
    expect(probe.begun).toEqual(['dispatch Save', 'handler Save', 'dispatch Save', 'handler Save']);
    const told = error.mock.calls.filter(([text]) => `${text}`.startsWith('A probe failed'));
    expect(told).toHaveLength(how === 'it throws' ? 1 : 0);
  });
});
