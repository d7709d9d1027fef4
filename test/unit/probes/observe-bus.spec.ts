import { Command, CommandBus, EventBus } from '../../../lib/index.js';
import { observe, type Probe, type ProbePoint, type Published } from '../../../lib/extension.js';
import { CountingProbe } from './counting-probe.js';
import { quietLog } from '../../support/quiet-log.js';

class Save extends Command<string> {}
class Other extends Command<string> {}
class Saved {}

const passThrough: Probe = {
  wrap: (_point, run) => (message, context) => run(message, context),
  publish: () => undefined,
};

beforeEach(() => quietLog());

describe('observe() on a command bus', () => {
  it('wraps the handler and the whole run, and is gone without a trace', async () => {
    const bus = new CommandBus();
    bus.register(Save, () => 'saved');
    const probe = new CountingProbe();
    const isDirect = () => bus.dispatcher.pipelinesOf(new Save()).first!.isDirect;
    const before = bus.dispatcher.pipelinesOf(new Save());
    expect(isDirect()).toBe(true);
    const stop = observe(bus, probe);
    expect(await bus.execute(new Save())).toBe('saved');
    expect([isDirect(), probe.begun, probe.open]).toEqual([false, ['dispatch Save', 'handler Save'], 0]);
    stop();
    stop();
    expect(Object.keys(bus.dispatcher.pipelinesOf(new Save()).first!)).toEqual(Object.keys(before.first!));
    expect([await bus.execute(new Save()), isDirect(), probe.begun.length]).toEqual(['saved', true, 2]);
  });

  it('leaves a pipeline as it is where a probe wraps none of its steps', async () => {
    const bus = new CommandBus();
    bus.register(Save, () => 'saved');
    bus.register(Other, () => 'other');
    const points: ProbePoint[] = [];
    observe(bus, {
      wrap: (point, run) => {
        points.push(point);
        return point.type === Other ? (message, context) => run(message, context) : run;
      },
    });
    await bus.execute(new Save());
    await bus.execute(new Save());
    await bus.execute(new Other());
    const isDirect = [new Save(), new Other()].map(message => bus.dispatcher.pipelinesOf(message).first!.isDirect);
    expect([points.map(({ at }) => at), isDirect]).toEqual([
      ['handler', 'dispatch', 'handler', 'dispatch'],
      [true, false],
    ]);
  });

  it('puts the latest of several probes outermost, and a gone one leaves the others as they are', async () => {
    const bus = new CommandBus();
    bus.register(Save, () => 'saved');
    let seen: string[] = [];
    const probeOf = (name: string): Probe => ({
      wrap: (point, run) => (message, context) => {
        seen.push(`${name} ${point.at}`);
        return run(message, context);
      },
    });
    const [first, second, third] = ['first', 'second', 'third'].map(name => observe(bus, probeOf(name)));
    const order = async () => {
      seen = [];
      await bus.execute(new Save());
      return seen;
    };
    const of = (...names: string[]) => ['dispatch', 'handler'].flatMap(at => names.map(name => `${name} ${at}`));
    expect(await order()).toEqual(of('third', 'second', 'first'));
    second!();
    expect(await order()).toEqual(of('third', 'first'));
    third!();
    first!();
    expect(await order()).toEqual([]);
  });
});

describe('observe() on an event bus', () => {
  it('tells what happens to a failure of a handler', async () => {
    const bus = new EventBus({ onError: 'throw' });
    const told: unknown[] = [];
    observe(bus, { publish: ({ onError }) => void told.push(onError) });
    await bus.publish(new Saved());
    await bus.publish(new Saved(), { onError: 'collect' });
    bus.setHandling({ onError: 'report' });
    await bus.publish(new Saved());
    expect(told).toEqual(['throw', 'collect', 'report']);
  });

  it('keeps a sync handler sync', async () => {
    const bus = new EventBus();
    const seen: string[] = [];
    bus.register(Saved, () => void seen.push('handled'));
    const log = async () => {
      seen.length = 0;
      const published = bus.publish(new Saved()).then(() => seen.push('published'));
      seen.push('called');
      void Promise.resolve().then(() => seen.push('next'));
      await published;
      return [...seen];
    };
    const without = await log();
    observe(bus, passThrough);
    expect(await log()).toEqual(without);
    expect(without).toEqual(['handled', 'called', 'published', 'next']);
  });

  it('tells of an event without handlers, and of one that is refused', async () => {
    const bus = new EventBus();
    const probe = new CountingProbe();
    observe(bus, probe);
    await bus.publish(new Saved());
    const ends: unknown[] = [];
    const published: Published[] = [];
    observe(bus, {
      publish: moment => {
        published.push(moment);
        return { end: error => ends.push(error) };
      },
    });
    bus.close();
    await expect(bus.publish(new Saved())).rejects.toMatchObject({ code: 'CQRS_BUS_CLOSED' });
    await expect(bus.publish(undefined as never)).rejects.toMatchObject({ code: 'CQRS_INVALID_MESSAGE' });
    expect(probe.begun).toEqual(['publish Saved to 0', 'publish Saved to 0', 'publish undefined to 0']);
    expect(ends).toEqual(
      [{ code: 'CQRS_BUS_CLOSED' }, { code: 'CQRS_INVALID_MESSAGE' }].map(each => expect.objectContaining(each)),
    );
    expect(published.map(({ context }) => context?.type)).toEqual([Saved, undefined]);
    expect(probe.open).toBe(0);
  });
});
