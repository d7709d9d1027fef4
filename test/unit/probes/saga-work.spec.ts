import { map, mergeMap, tap } from 'rxjs';
import { Probes } from '../../../lib/dispatch/probes.js';
import type { EventStream } from '../../../lib/sagas/event-stream.js';
import { quietLog } from '../../support/quiet-log.js';
import { pending, soon } from '../../support/waiting.js';
import { Paid, Ship, Shipped, Stage } from '../sagas/stage.js';

/** What begins and ends, as `+works o-1` and `-works o-1`. */
const log: string[] = [];

function watched(options: ConstructorParameters<typeof Stage>[0] = {}): Stage {
  const probes = new Probes();
  const watch = (what: string, message: unknown) => {
    const name = `${what} ${(message as Paid).order}`;
    log.push(`+${name}`);
    return {
      end: (...failure: unknown[]) => void log.push(`-${name}${failure.map(each => `: ${String(each)}`).join('')}`),
    };
  };
  probes.add({
    sagaWorks: ({ event }) => watch('works', event),
    sagaEmits: ({ command }) => watch('emits', command),
  });
  return new Stage({ ...options, probes });
}

type Events = EventStream<Paid>;

beforeEach(() => {
  quietLog();
  log.length = 0;
});

describe('the work of a saga, as a probe sees it', () => {
  it('lasts for a generator until it asks for the next event, also after it has left a loop', async () => {
    const stage = watched().start(async function* (events$: Events) {
      for await (const { order } of events$.ofType(Paid)) {
        yield new Ship(order);
        if (order === 'o-1') break;
      }
      await soon();
      yield new Ship('after the loop');
      for await (const { order } of events$.ofType(Paid)) yield new Ship(order);
    });
    stage.pay('o-1', 'o-2');
    await soon();
    await soon();
    expect(log.filter(line => line.includes('works'))).toEqual([
      '+works o-1',
      '+works o-2',
      '-works o-1',
      '-works o-2',
    ]);
    expect(log.indexOf('+emits after the loop')).toBeLessThan(log.indexOf('-works o-1'));
    expect(stage.shipped).toEqual(['o-1', 'after the loop', 'o-2']);
  });

  it('includes that a generator waits for another kind of event within the loop: it has asked for it', async () => {
    const stage = watched().start(async function* (events$: EventStream) {
      for await (const { order } of events$.ofType(Paid)) {
        for await (const _ of events$.ofType(Shipped)) break;
        yield new Ship(order);
      }
    });
    stage.pay('o-1');
    await soon();
    expect(log).toEqual(['+works o-1', '-works o-1']);
    void stage.events.publish(new Shipped('o-1'));
    await soon();
    expect(log.slice(2)).toEqual(['+works o-1', '+emits o-1', '-works o-1', '-emits o-1']);
  });

  it('fails with a generator, and waits for the next run where it has not begun', async () => {
    const stage = watched().start(async function* (events$: Events) {
      for await (const { order } of events$) {
        if (order === 'o-1') throw new Error('broken');
        yield new Ship(order);
      }
    });
    stage.pay('o-1', 'o-2');
    await soon();
    await soon();
    expect(log).toEqual([
      '+works o-1',
      '+works o-2',
      '-works o-1: Error: broken',
      '+emits o-2',
      '-works o-2',
      '-emits o-2',
    ]);
  });

  it('lasts for a stream until its operators return, and fails with it', async () => {
    const broken = new Error('broken');
    const stage = watched().start((events$: Events) =>
      events$.ofType(Paid).pipe(
        tap(({ order }) => {
          if (order === 'o-1') throw broken;
        }),
        map(({ order }) => new Ship(order)),
      ),
    );
    stage.pay('o-1', 'o-2');
    await soon();
    expect(log).toEqual([
      '+works o-1',
      '-works o-1: Error: broken',
      '+works o-2',
      '+emits o-2',
      '-works o-2',
      '-emits o-2',
    ]);
    expect(stage.reported).toEqual([['broken', 'onPaid']]);
  });

  it('has ended well where a stream fails later', async () => {
    const end = pending();
    const stage = watched().start((events$: Events) => events$.ofType(Paid).pipe(mergeMap(() => end.promise)));
    stage.pay('o-1');
    end.fail(new Error('broken'));
    await soon();
    expect(log).toEqual(['+works o-1', '-works o-1']);
    expect(stage.reported).toEqual([['broken', 'onPaid']]);
  });

  it('ends for each kept event when a generator that subscribes has seen it', async () => {
    const stage = watched().start(async function* (events$: Events) {
      await soon();
      let seen = '';
      events$.ofType(Paid).subscribe(({ order }) => (seen += order));
      yield new Ship(seen);
    });
    stage.pay('o-1', 'o-2');
    await soon();
    await soon();
    expect(log).toEqual(['+works o-1', '+works o-2', '-works o-1', '-works o-2', '+emits o-1o-2', '-emits o-1o-2']);
  });

  it('ends with the saga: what it has not taken too', async () => {
    const end = pending();
    const stage = watched().start(async function* (events$: Events) {
      for await (const { order } of events$) {
        await end.promise;
        yield new Ship(order);
      }
    });
    stage.pay('o-1', 'o-2');
    await soon();
    stage.runner.stop();
    expect(log.toSorted()).toEqual(['+works o-1', '+works o-2', '-works o-1', '-works o-2']);
    end.finish();
  });

  it('lasts for a function until its result has been taken, and fails with it', async () => {
    const [one, two] = [pending(), pending()];
    const stage = watched().start(
      async ({ order }: Paid) => {
        await (order === 'o-1' ? one : two).promise;
        return new Ship(order);
      },
      [Paid],
    );
    stage.pay('o-1', 'o-2');
    two.fail(new Error('broken'));
    await soon();
    one.finish();
    await soon();
    expect(log).toEqual([
      '+works o-1',
      '+works o-2',
      '-works o-2: Error: broken',
      '+emits o-1',
      '-works o-1',
      '-emits o-1',
    ]);
  });

  it('holds commands that wait for others, and those that are dropped at the end', async () => {
    const end = pending();
    const stage = watched({ concurrency: 1 });
    class Slow extends Ship {}
    stage.commands.register(Slow, async () => end.promise);
    stage.start(({ order }: Paid) => [new Slow(order), new Ship(`${order}, second`)], [Paid]);
    stage.pay('o-1');
    await soon();
    expect(log).toEqual(['+works o-1', '+emits o-1', '+emits o-1, second', '-works o-1']);
    stage.runner.stop();
    expect(log.slice(4)).toEqual(['-emits o-1, second']);
    end.finish();
    await soon();
    expect(log.slice(5)).toEqual(['-emits o-1']);
  });
});
