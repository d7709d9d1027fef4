import { finalize, map, NEVER, type Observable } from 'rxjs';
import { ContextOrigin } from '../../../lib/context/context-origin.js';
import { header } from '../../../lib/index.js';
import { ofType } from '../../../lib/sagas/of-type.js';
import { Paid, Ship, Stage } from './stage.js';
import { soon } from '../../support/waiting.js';
import { quietLog } from '../../support/quiet-log.js';

const boom = (): never => {
  throw new Error('boom');
};

beforeEach(() => quietLog());

describe('A saga', () => {
  it('that iterates again and again does not keep the end from coming', async () => {
    const stage = new Stage();
    stage.start(async function* (events: AsyncIterable<object>) {
      for (;;)
        for await (const event of events)
          if (event instanceof Paid) {
            yield new Ship(event.order);
            break;
          }
    });
    stage.pay('1', '2');
    await soon();
    stage.runner.finish();
    expect(await stage.runner.runningWork.drain(2_000)).toEqual([]);
    expect(stage.shipped).toEqual(['1', '2']);
  });

  it.each<[string, (events$: Observable<object>) => Observable<unknown>]>([
    [
      'completes',
      events$ =>
        events$.pipe(
          ofType(Paid),
          map(({ order }) => new Ship(order)),
          finalize(boom),
        ),
    ],
    ['never completes', () => NEVER.pipe(finalize(boom))],
  ])('whose finalize throws, and that %s, hurts neither the end nor another saga', async (_, run) => {
    const stage = new Stage().start(run).start(events$ =>
      (events$ as Observable<object>).pipe(
        ofType(Paid),
        map(() => new Ship('other')),
      ),
    );
    stage.pay('1');
    await soon();
    stage.runner.finish();
    await stage.runner.runningWork.drain(20);
    stage.runner.stop();
    expect(stage.shipped).toContain('other');
    expect(await stage.runner.runningWork.drain(0)).toEqual([]);
  });

  it('that fails and whose finalize throws too is reported, and goes on', async () => {
    let calls = 0;
    const failing = (events$: Observable<object>) =>
      events$.pipe(
        ofType(Paid),
        map(({ order }) => (calls++ === 0 ? boom() : new Ship(order))),
        finalize(boom),
      );
    const stage = new Stage().start(failing);
    stage.pay('1');
    await soon();
    stage.pay('2');
    await soon();
    expect(stage.failures.map(({ exception }) => exception as Error)).toEqual([new Error('boom')]);
    expect(stage.shipped).toEqual(['2']);
  });

  it('of a class that throws once when it is asked for its instances is asked again', async () => {
    let isReady = false;
    class Marker {
      static [Symbol.hasInstance](value: unknown): boolean {
        return isReady ? value instanceof Paid : boom();
      }
    }
    const stage = new Stage().start((event: Paid) => new Ship(event.order), [Marker]);
    stage.pay('1');
    isReady = true;
    stage.pay('2');
    await soon();
    expect([stage.shipped, stage.failures.length]).toEqual([['2'], 1]);
  });

  it('that emits what cannot be described does not hold up what waits behind it', async () => {
    const bad = Object.defineProperty(() => undefined, 'name', { get: boom });
    const stage = new Stage({ concurrency: 1 }).start(({ order }: Paid) => [bad, new Ship(order)], [Paid]);
    stage.pay('1', '2');
    await soon();
    await soon();
    expect(stage.shipped).toEqual(['1', '2']);
  });

  it('whose command another sends meanwhile, the very instance, lends it nothing', async () => {
    const tenant = header<string>('tenant');
    const command = new Ship('shared');
    const stage = new Stage().start(() => command, [Paid]);
    void stage.events.publish(new Paid('1'), { headers: tenant.of('A'), correlationId: 'A' });
    await new ContextOrigin({ headers: tenant.of('B'), correlationId: 'B' }).run(() => stage.commands.execute(command));
    expect(stage.contexts.map(context => [context.header(tenant), context.correlationId])).toEqual([
      ['A', 'A'],
      ['B', 'B'],
    ]);
  });

  it('gets the headers that its event was published with, although the publisher uses the object again', async () => {
    const tenant = header<string>('tenant');
    const stage = new Stage();
    stage.start(
      async (event: Paid) => {
        await soon();
        return new Ship(event.order);
      },
      [Paid],
    );
    const options = { headers: {} };
    for (const name of ['A', 'B']) {
      options.headers = tenant.of(name);
      void stage.events.publish(new Paid(name), options);
    }
    await stage.runner.runningWork.drain(1_000);
    expect(stage.contexts.map(context => context.header(tenant))).toEqual(['A', 'B']);
  });
});
