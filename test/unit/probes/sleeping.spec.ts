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
