import { filter, firstValueFrom, from, map, of, type Observable } from 'rxjs';
import { ContextOrigin } from '../../../lib/context/context-origin.js';
import type { EventStream } from '../../../lib/sagas/event-stream.js';
import { ofType } from '../../../lib/sagas/of-type.js';
import { Paid, Ship, Shipped, Stage } from './stage.js';
import { soon, until } from '../../support/waiting.js';
import { quietLog } from '../../support/quiet-log.js';

async function* shipEach(events: EventStream) {
  for await (const { order } of events.ofType(Paid)) {
    if (order.startsWith('bad')) throw new Error(order);
    yield new Ship(order);
  }
}

/** Everything that generators do for the events so far has been done. */
const settle = async () => {
  for (let i = 0; i < 5; i++) await soon();
};

beforeEach(() => quietLog());

describe('a saga that is an async generator', () => {
  it('takes events one by one and yields commands', async () => {
    const stage = new Stage().start(shipEach);
    stage.pay('1', '2');
    void stage.events.publish(new Shipped('1'));
    stage.pay('3');
    await settle();
    expect(stage.shipped).toEqual(['1', '2', '3']);
  });

  it('takes every event since the start, however long it takes', async () => {
    const stage = new Stage().start(async function* (events: EventStream) {
      await settle();
      for await (const event of events) {
        await soon();
        yield new Ship((event as Paid).order);
      }
    });
    stage.pay('1', '2', '3');
    await settle();
    await settle();
    expect(stage.shipped).toEqual(['1', '2', '3']);
  });

  it('may wait for one event and then for another', async () => {
    const stage = new Stage().start(async function* (events: EventStream) {
      for await (const { order } of events.ofType(Paid)) {
        for await (const shipped of events.ofType(Shipped)) if (shipped.order === order) break;
        yield new Ship(`${order} again`);
      }
    });
    stage.pay('1');
    await settle();
    expect(stage.shipped).toEqual([]);
    void stage.events.publish(new Shipped('2'));
    void stage.events.publish(new Shipped('1'));
    await settle();
    expect(stage.shipped).toEqual(['1 again']);
  });

  it('names the event it took last as the cause of its commands', async () => {
    const stage = new Stage().start(async function* (events: EventStream) {
      for await (const { order } of events.ofType(Paid)) {
        await soon();
        yield new Ship(order);
        await soon();
        yield new Ship(order);
      }
    });
    void stage.events.publish(new Paid('1'), { messageId: 'm1' });
    void stage.events.publish(new Paid('2'), { messageId: 'm2' });
    await settle();
    expect(stage.contexts.map(({ causationId }) => causationId)).toEqual(['m1', 'm1', 'm2', 'm2']);
  });

  it('goes on after a failure, with the events it had not taken', async () => {
    const stage = new Stage().start(shipEach);
    stage.pay('1', 'bad 2', '3', 'bad 4', '5');
    await settle();
    expect(stage.shipped).toEqual(['1', '3', '5']);
    expect(stage.reported).toEqual([
      ['bad 2', 'onPaid'],
      ['bad 4', 'onPaid'],
    ]);
  });

  it('waits for the next event when it fails without having taken one, and loses none', async () => {
    const stage = new Stage();
    let runs = 0;
    stage.start(async function* (events: EventStream) {
      if (++runs === 2 || runs === 3) throw new Error(`run ${runs}`);
      yield* shipEach(events);
    });
    stage.pay('bad', '1', '2');
    await settle();
    expect([runs, stage.shipped]).toEqual([2, []]);
    stage.pay('3');
    await settle();
    expect([runs, stage.shipped]).toEqual([3, []]);
    stage.pay('4');
    await settle();
    expect([runs, stage.shipped]).toEqual([4, ['1', '2', '3', '4']]);
    expect(stage.reported.map(([message]) => message)).toEqual(['bad', 'run 2', 'run 3']);
  });

  it('ends quietly when it returns, and ignores what is falsy', async () => {
    const stage = new Stage().start(async function* (events: EventStream) {
      for await (const { order } of events.ofType(Paid)) {
        yield undefined;
        yield new Ship(order);
        return;
      }
    });
    stage.pay('1', '2');
    await settle();
    expect([stage.shipped, stage.failures]).toEqual([['1'], []]);
  });

  it('may subscribe instead, and is given what came before', async () => {
    const stage = new Stage().start(async function* (events$: Observable<object>) {
      await settle();
      for (;;)
        yield await firstValueFrom(
          events$.pipe(
            ofType(Paid),
            map(({ order }) => new Ship(order)),
          ),
        );
    });
    stage.pay('1', '2');
    await settle();
    await settle();
    stage.pay('3');
    await settle();
    expect(stage.shipped).toEqual(['1', '3']);
  });

  it('may be iterated by a stream of operators too', async () => {
    const stage = new Stage().start((events: EventStream) =>
      from(shipEach(events)).pipe(filter(({ order }) => order !== '2')),
    );
    stage.pay('1', '2', '3');
    await settle();
    expect(stage.shipped).toEqual(['1', '3']);
  });

  it('may give its stream to operators, by class', () => {
    const stage = new Stage().start((events: EventStream) =>
      events.ofType(Paid).pipe(map(({ order }) => new Ship(order))),
    );
    stage.pay('1');
    void stage.events.publish(new Shipped('1'));
    expect(stage.shipped).toEqual(['1']);
  });

  it('may be any async iterable', async () => {
    const stage = new Stage().start(() => ({
      [Symbol.asyncIterator]: () => {
        let count = 0;
        return { next: async () => ({ done: ++count > 2, value: new Ship(String(count)) }) };
      },
    }));
    await settle();
    expect(stage.shipped).toEqual(['1', '2']);
  });

  it('is asked for no more once it is stopped, if its iterator has no return()', async () => {
    let asked = 0;
    const stage = new Stage().start(() => ({
      [Symbol.asyncIterator]: () => ({
        next: async () => {
          await soon();
          return { done: false, value: new Ship(String(++asked)) };
        },
      }),
    }));
    await settle();
    stage.runner.stop();
    await settle();
    const [askedBefore, shipped] = [asked, stage.shipped.length];
    await settle();
    expect(askedBefore).toBeGreaterThan(0);
    expect([asked, stage.shipped.length]).toEqual([askedBefore, shipped]);
  });

  it('is subscribed to if what it returns is both an Observable and an async iterable', async () => {
    const stage = new Stage().start(() =>
      Object.assign(of(new Ship('emitted')), {
        async *[Symbol.asyncIterator]() {
          yield new Ship('iterated');
        },
      }),
    );
    await settle();
    expect(stage.shipped).toEqual(['emitted']);
  });

  it('is reported once when its iterator cannot be had', async () => {
    const stage = new Stage().start(() => ({
      [Symbol.asyncIterator]() {
        throw new Error('no iterator');
      },
    }));
    await settle();
    expect(stage.reported).toEqual([['no iterator', 'onPaid']]);
  });

  it('takes what is left before it ends, and runs its finally', async () => {
    const ended: string[] = [];
    const stage = new Stage().start(async function* (events: EventStream) {
      try {
        for await (const { order } of events.ofType(Paid)) {
          await soon();
          yield new Ship(order);
        }
      } finally {
        ended.push('finally');
        yield new Ship('goodbye');
      }
    });
    stage.pay('1', '2');
    stage.runner.finish();
    expect(await stage.runner.runningWork.drain(1000)).toEqual([]);
    expect(stage.shipped).toEqual(['1', '2', 'goodbye']);
    expect(ended).toEqual(['finally']);
  });

  it('takes what is left after a failure, before it ends', async () => {
    const stage = new Stage().start(shipEach);
    stage.pay('bad', '1', 'bad', '2');
    stage.runner.finish();
    expect(await stage.runner.runningWork.drain(1000)).toEqual([]);
    expect(stage.shipped).toEqual(['1', '2']);
  });

  it('ends at once and sends nothing more when it is stopped', async () => {
    let ended = false;
    const stage = new Stage().start(async function* (events: EventStream) {
      try {
        for await (const { order } of events.ofType(Paid)) yield new Ship(order);
      } finally {
        ended = true;
        yield new Ship('goodbye');
        await Promise.reject(new Error('goodbye'));
      }
    });
    stage.pay('1');
    await settle();
    stage.pay('2');
    stage.runner.stop();
    await settle();
    expect([stage.shipped, ended, stage.failures]).toEqual([['1'], true, []]);
  });

  it('keeps two iterations from taking an event both, and leaves nothing waiting at the end', async () => {
    const taken: string[] = [];
    const stage = new Stage().start(async function* (events: EventStream) {
      const take = async (name: string) => {
        for await (const { order } of events.ofType(Paid)) taken.push(`${name}${order}`);
      };
      await Promise.all([take('a'), take('b')]);
      yield new Ship('all');
    });
    stage.pay('1', '2', '3');
    await settle();
    stage.runner.finish();
    await stage.runner.runningWork.drain(1000);
    expect(taken.map(entry => entry.slice(1)).toSorted()).toEqual(['1', '2', '3']);
    expect(stage.shipped).toEqual(['all']);
  });

  it('sends with the cause of its event as it was published, whatever else runs meanwhile', async () => {
    const stage = new Stage();
    stage.start(async function* (events: AsyncIterable<object>) {
      for await (const event of events) {
        await soon();
        if (event instanceof Paid) yield new Ship(event.order);
      }
    });
    for (const order of ['a', 'b'])
      new ContextOrigin({ correlationId: `of ${order}` }).run(() => void stage.events.publish(new Paid(order)));
    await new ContextOrigin({ correlationId: 'other' }).run(() => until(() => stage.contexts.length === 2));
    expect(stage.contexts.map(({ correlationId }) => correlationId)).toEqual(['of a', 'of b']);
  });
});
