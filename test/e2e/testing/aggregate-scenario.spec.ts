import { inspect } from 'node:util';
import { AggregateRoot, Event, On } from '../../../lib/index.js';
import { partly, scenarioOf, track } from '../../../lib/testing/index.js';
import { expectText, failureOf, rejectionOf } from './failures-of.js';

class OrderPlaced extends Event {
  constructor(readonly orderId: string) {
    super();
  }
}
class OrderShipped extends Event {
  constructor(
    readonly orderId: string,
    readonly parcel: string,
  ) {
    super();
  }
}

class Order extends AggregateRoot {
  id: string | undefined;

  ship(parcel = 'p1'): string {
    if (this.id === undefined) throw new RangeError('nothing was placed');
    this.apply(new OrderShipped(this.id, parcel));
    return parcel;
  }

  async shipLater(): Promise<string> {
    await Promise.resolve();
    return this.ship();
  }

  @On(OrderPlaced)
  onPlaced({ orderId }: OrderPlaced): void {
    this.id = orderId;
  }
}

const placed = new OrderPlaced('o1');

describe('a scenario of an aggregate', () => {
  it('is one sentence, without an application', () => {
    scenarioOf(Order)
      .given(placed)
      .when(order => order.ship())
      .records(new OrderShipped('o1', 'p1'));
    scenarioOf(Order)
      .when(order => order.ship())
      .fails(RangeError, /placed/);
    scenarioOf(() => new Order())
      .given(placed)
      .when(order => order.id)
      .nothing();
    const shipped = scenarioOf(Order)
      .given(placed)
      .when(order => order.ship());
    shipped.answers('p1');
    shipped.records(partly(OrderShipped, { parcel: 'p1' }));
    expect(shipped.aggregate.id).toBe('o1');
  });

  it('waits for an asynchronous method', async () => {
    const shipped = scenarioOf(Order)
      .given(placed)
      .when(order => order.shipLater());
    await shipped.records(new OrderShipped('o1', 'p1'));
    await shipped.answers('p1');
    await scenarioOf(Order)
      .when(order => order.shipLater())
      .fails('placed');
  });

  it('has what the aggregate has committed itself', async () => {
    await scenarioOf(Order)
      .given(placed)
      .when(async order => {
        order.ship('p1');
        await order.commit();
        order.ship('p2');
      })
      .records(new OrderShipped('o1', 'p1'), new OrderShipped('o1', 'p2'));
    scenarioOf(Order)
      .given(placed)
      .when(order => {
        order.autoCommit = true;
        order.ship();
      })
      .records(new OrderShipped('o1', 'p1'));
  });

  it('tells of another outcome', async () => {
    const shipped = scenarioOf(Order)
      .given(placed)
      .when(order => order.ship());
    const records = failureOf(() => shipped.records(new OrderShipped('o1', 'p2')));
    expectText('aggregate-records', records);
    expect(records.expected).toEqual([new OrderShipped('o1', 'p2')]);
    expectText(
      'aggregate-nothing',
      failureOf(() => shipped.nothing()),
    );
    expectText(
      'aggregate-answers',
      failureOf(() => shipped.answers('p2')),
    );
    expectText(
      'aggregate-fails',
      failureOf(() => shipped.fails(RangeError)),
    );
    const failed = scenarioOf(Order).when(order => order.ship());
    expect(() => failed.nothing()).toThrow(RangeError);
    const later = scenarioOf(Order).when(order => order.shipLater());
    await expect(later.records()).rejects.toThrow(RangeError);
    expectText('aggregate-fails-otherwise', await rejectionOf(later.fails(/shipped/)));
  });

  it('tells of the events alone that differ, where each matcher stands for an event of its own', () => {
    const shipped = scenarioOf(Order)
      .given(placed)
      .when(order => ['p1', 'p2', 'p3'].map(parcel => order.ship(parcel)));
    const first = partly(OrderShipped, { orderId: 'o1' });
    const { message } = failureOf(() => shipped.records(first, first, new OrderShipped('o1', 'p9')));
    const differing = message.split('\n').filter(line => /^ *[-+] /.test(line));
    expect(differing.map(line => line.replaceAll(/\s+/g, ' '))).toEqual([" - parcel: 'p9'", " + parcel: 'p3'"]);
  });

  it('prints a matcher as it was written', () => {
    const matcher = partly(OrderShipped, { parcel: 'p1' });
    expect([inspect(matcher), inspect([matcher])]).toEqual([
      "partly(OrderShipped, { parcel: 'p1' })",
      "[ partly(OrderShipped, { parcel: 'p1' }) ]",
    ]);
  });

  it('is asked for its outcome, else the next call of the kit fails', async () => {
    scenarioOf(Order).when(order => order.id);
    await Promise.resolve();
    expectText(
      'aggregate-unasked',
      failureOf(() => track(undefined as never)),
    );
  });
});
