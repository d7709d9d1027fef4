import { Logger } from '@nestjs/common';
import { delay, map, type Observable } from 'rxjs';
import { Command, Event, ofType, Saga, type EventStream } from '../../../lib/index.js';
import { partly, sagaOf, virtualTime } from '../../../lib/testing/index.js';
import { quietLog } from '../../support/quiet-log.js';
import { expectText, rejectionOf } from './failures-of.js';

const { setTimeout: realTimeout } = globalThis;

class OrderPaid extends Event {
  constructor(readonly orderId: string) {
    super();
  }
}
class OrderCancelled extends OrderPaid {}
class OrderShipped extends Event {
  constructor(readonly orderId: string) {
    super();
  }
}
class Remind extends Command {
  constructor(readonly orderId: string) {
    super();
  }
}
class Thank extends Command {
  constructor(readonly orderId: string) {
    super();
  }
}

class OrderSagas {
  private paid = 0;

  @Saga()
  afterADay = (events$: Observable<object>) =>
    events$.pipe(
      ofType(OrderPaid),
      delay(24 * 60 * 60 * 1_000),
      map(({ orderId }) => new Remind(orderId)),
    );

  @Saga(OrderPaid)
  onPaid({ orderId }: OrderPaid): Thank[] {
    if (orderId === '') throw new RangeError('without an id');
    this.paid += 1;
    return this.paid > 1 ? [new Thank(orderId), new Thank(orderId)] : [new Thank(orderId)];
  }

  @Saga(OrderShipped)
  onShipped(_event: OrderShipped): Thank[] {
    return [];
  }

  count(): number {
    return this.paid;
  }

  @Saga()
  async *asGenerator(events$: EventStream) {
    for await (const { orderId } of events$.ofType(OrderCancelled)) yield new Thank(orderId);
  }
}

beforeEach(() => void quietLog());

describe('a scenario of a saga', () => {
  it('lets time pass, in no time', async () => {
    await sagaOf(new OrderSagas().afterADay).given(new OrderPaid('o1')).whenTimePasses('24h').sends(new Remind('o1'));
    await sagaOf(new OrderSagas().afterADay).given(new OrderPaid('o1')).whenTimePasses('23h').nothing();
    expect(globalThis.setTimeout).toBe(realTimeout);
  });

  it('lets time pass on the clock of the test', async () => {
    using clock = virtualTime();
    const begun = clock.now.getTime();
    await sagaOf(new OrderSagas().afterADay).given(new OrderPaid('o1')).whenTimePasses('24h').sends(new Remind('o1'));
    expect(clock.now.getTime() - begun).toBe(24 * 60 * 60 * 1_000);
  });

  it('runs a saga of a provider, by its decorator', async () => {
    const sagas = new OrderSagas();
    await sagaOf(sagas, 'onPaid').when(new OrderPaid('o1')).sends(new Thank('o1'));
    await sagaOf(new OrderSagas(), 'onPaid')
      .given(new OrderPaid('o1'))
      .when(new OrderPaid('o2'))
      .sends(new Thank('o2'), partly(Thank, { orderId: 'o2' }));
    await sagaOf(new OrderSagas(), 'asGenerator').when(new OrderPaid('o1')).nothing();
    await sagaOf(new OrderSagas(), 'asGenerator').when(new OrderCancelled('o1')).sends(new Thank('o1'));
  });

  it('knows which failures are expected', async () => {
    const failed = sagaOf(new OrderSagas(), 'onPaid').when(new OrderPaid(''));
    await failed.fails(RangeError, 'id');
    expectText('saga-fails', await rejectionOf(failed.fails(TypeError)));
    expectText('saga-failures', await rejectionOf(failed.sends(new Thank(''))));
    await expect(
      sagaOf(new OrderSagas(), 'onPaid').given(new OrderPaid('')).when(new OrderPaid('o1')).nothing(),
    ).rejects.toThrow('without an id');
  });

  it('tells of other commands', async () => {
    const paid = sagaOf(new OrderSagas(), 'onPaid').when(new OrderPaid('o1'));
    const error = await rejectionOf(paid.sends(new Thank('o2')));
    expectText('saga-sends', error);
    expect([error.actual, error.expected]).toEqual([[new Thank('o1')], [new Thank('o2')]]);
    expectText('saga-nothing', await rejectionOf(paid.nothing()));
  });

  it('tells of a saga that sends nothing what it was given, what it takes, and what is pending', async () => {
    const paid = new OrderPaid('o1');
    const thanks = new Thank('o1');
    const shipped = sagaOf(new OrderSagas(), 'onPaid').given(paid).when(new OrderShipped('o1'));
    expectText('saga-other-event', await rejectionOf(shipped.sends(thanks)));
    expectText('saga-not-failed', await rejectionOf(shipped.fails('without an id')));
    const early = sagaOf(new OrderSagas().afterADay).when(paid);
    expectText('saga-real-timer', await rejectionOf(early.sends(new Remind('o1'))));
    const soon = sagaOf(new OrderSagas().afterADay).given(paid).whenTimePasses('22h');
    expectText('saga-later', await rejectionOf(soon.sends(new Remind('o1'))));
    const silent = sagaOf(new OrderSagas(), 'asGenerator').given(paid).when(new OrderShipped('o1'));
    expectText('saga-stream', await rejectionOf(silent.sends(thanks)));
    const called = sagaOf(new OrderSagas(), 'onShipped').when(new OrderShipped('o1'));
    expectText('saga-called', await rejectionOf(called.sends(thanks)));
  });

  it('refuses a method that is no saga, and names those that are', async () => {
    const none = sagaOf(new OrderSagas(), 'count').when(new OrderPaid('o1'));
    await expect(none.nothing()).rejects.toThrow(
      new TypeError(
        'sagaOf() cannot run OrderSagas.count: it has no @Saga(). Name one that has: OrderSagas.afterADay, OrderSagas.asGenerator, OrderSagas.onPaid, OrderSagas.onShipped.',
      ),
    );
    class Nothing {
      count(): void {}
    }
    await expect(sagaOf(new Nothing(), 'count').when(new OrderPaid('o1')).nothing()).rejects.toThrow(
      'sagaOf() cannot run Nothing.count: it has no @Saga(). Nothing has no saga.',
    );
  });

  it('has the line of the test in the stack of a failure that nothing awaits', async () => {
    const floating = sagaOf(new OrderSagas(), 'onPaid').when(new OrderPaid('o1')).nothing();
    const { stack, message } = await new Promise<Error>(resolve => floating.catch(resolve));
    expect(stack!.slice(stack!.indexOf(message) + message.length).trim()).toMatch(/^at .*saga-scenario\.spec\.ts/);
  });

  it('refuses a function that is called with events, and says what to write', async () => {
    const called = sagaOf(new OrderSagas().onPaid as never).when(new OrderPaid('o1'));
    await expect(called.nothing()).rejects.toThrow(/sagaOf|@Saga\(/);
  });

  it('leaves the logger of Nest as it was', async () => {
    const logged = Reflect.get(Logger, 'staticInstanceRef') as unknown;
    await Promise.all(
      [1, 2].map(n =>
        sagaOf(new OrderSagas(), 'onPaid')
          .when(new OrderPaid(`o${n}`))
          .sends(new Thank(`o${n}`)),
      ),
    );
    expect(Reflect.get(Logger, 'staticInstanceRef')).toBe(logged);
  });
});
