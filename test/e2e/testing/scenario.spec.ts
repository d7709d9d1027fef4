import { Injectable } from '@nestjs/common';
import {
  Command,
  CommandBus,
  CommandHandler,
  CqrsModule,
  Event,
  EventBus,
  EventsHandler,
  Query,
  QueryBus,
  QueryHandler,
  Saga,
  StreamQuery,
} from '../../../lib/index.js';
import { partly, restoreStubs, scenario, stub, testApp, track, type TestApp } from '../../../lib/testing/index.js';
import { quietLog } from '../../support/quiet-log.js';
import { expectText, rejectionOf } from './failures-of.js';

class GetPrice extends Query<number> {
  constructor(readonly item: string) {
    super();
  }
}
class Lines extends StreamQuery<number> {}
class PlaceOrder extends Command<string> {
  constructor(readonly orderId: string) {
    super();
  }
}
class Ship extends Command {
  constructor(readonly orderId: string) {
    super();
  }
}
class StockAdded extends Event {
  constructor(
    readonly item: string,
    readonly count: number,
  ) {
    super();
  }
}
class OrderPlaced extends Event {
  constructor(
    readonly orderId: string,
    readonly total: number,
  ) {
    super();
  }
}
/** Extend no class of the package. */
class Count {}
class Counted {}

class OutOfStock extends Error {
  override name = 'OutOfStock';
}

@Injectable()
class Shop {
  private stock = 0;

  constructor(
    private readonly queries: QueryBus,
    private readonly events: EventBus,
  ) {}

  @EventsHandler(StockAdded)
  add({ count }: StockAdded): void {
    this.stock += count;
  }

  @CommandHandler(PlaceOrder)
  async place({ orderId }: PlaceOrder): Promise<string> {
    if (this.stock === 0) throw new OutOfStock('none left of i1');
    this.stock -= 1;
    const total = await this.queries.ask(new GetPrice('i1'));
    await this.events.publish(new OrderPlaced(orderId, total));
    return orderId;
  }

  @Saga(OrderPlaced)
  onPlaced({ orderId }: OrderPlaced): Ship {
    return new Ship(orderId);
  }

  @CommandHandler(Ship)
  ship({ orderId }: Ship): void {
    if (orderId === 'lost') throw new Error('no carrier');
  }

  @QueryHandler(GetPrice)
  price(_query: GetPrice): number {
    return 25;
  }

  @QueryHandler(Lines)
  *lines(_query: Lines): Iterable<number> {
    yield 1;
    yield 2;
  }

  @CommandHandler(Count)
  count(_command: Count): number {
    return this.stock;
  }
}

const added = new StockAdded('i1', 5);
let app: TestApp;

beforeEach(async () => {
  quietLog();
  app = await testApp({ imports: [CqrsModule.forRoot()], providers: [Shop] });
});

afterEach(() => app.close().catch(() => undefined));

describe('the stack of a failure', () => {
  it.each<[string, () => Promise<unknown>]>([
    ['a scenario', () => scenario(app).given(added).when(new PlaceOrder('o1')).nothing()],
    [
      'a scenario of a function',
      () =>
        scenario(app)
          .when(() => 1)
          .answers(2),
    ],
    ['a flow', () => track(app, { timeout: 1, until: () => false }).run(() => 1)],
  ])('has the line of the test, also where the test does not await it: %s', async (_what, begin) => {
    const floating = begin();
    const { stack, message } = await new Promise<Error>(resolve => floating.catch(resolve));
    const [first] = stack!
      .slice(stack!.indexOf(message) + message.length)
      .trim()
      .split('\n');
    expect(first).toContain('scenario.spec.ts');
  });

  it('is that of the application for an error of the application', async () => {
    const failed = scenario(app).when(new PlaceOrder('o1')).publishes();
    const error = await new Promise<Error>(resolve => failed.catch(resolve));
    expect(error).toBeInstanceOf(OutOfStock);
    expect(error.stack!.split('\n')[1]).toContain('Shop.place');
  });
});

describe('a scenario of an application', () => {
  it('is one sentence of what is given, what happens, and what comes of it', async () => {
    const flow = await scenario(app)
      .given(added)
      .stubbed(GetPrice, 10)
      .when(new PlaceOrder('o1'))
      .publishes(new OrderPlaced('o1', 10));
    expect([flow.result, flow.published.length]).toEqual(['o1', 1]);
    // Stubs end with their scenario; what was given stays.
    await scenario(app).when(new PlaceOrder('o2')).publishes(new OrderPlaced('o2', 25));
  });

  it('may be asked several times', async () => {
    const placed = scenario(app).given(added).when(new PlaceOrder('o1'));
    await placed.answers('o1');
    await placed.sends(new Ship('o1'));
    await placed.publishes(partly(OrderPlaced, { orderId: 'o1' }));
    await placed.publishes(new OrderPlaced('o1', expect.any(Number) as never));
  });

  it.each([
    ['a query', new GetPrice('i1'), 25],
    ['the rows of a stream query', new Lines(), [1, 2]],
    ['a command that extends no class', new Count(), 0],
    ['an event that extends no class', new Counted(), undefined],
    ['a function', () => Promise.resolve('done'), 'done'],
  ])('takes %s', async (_what, sent, answer) => {
    await scenario(app)
      .when(sent as object)
      .answers(answer);
  });

  it('stubs with a function, an error, or nothing', async () => {
    await scenario(app)
      .given(added)
      .stubbed(GetPrice, ({ item }) => item.length)
      .when(new PlaceOrder('o1'))
      .publishes(new OrderPlaced('o1', 2));
    const failing = scenario(app).stubbed(GetPrice, new OutOfStock('no price')).when(new PlaceOrder('o1'));
    await failing.fails(OutOfStock, 'no price');
    await failing.nothing();
    await scenario(app).stubbed(PlaceOrder).when(new PlaceOrder('o1')).nothing();
    await scenario(app).when(new StockAdded('i1', 1)).nothing();
  });

  it('fails with what was sent, where the test does not ask for it', async () => {
    await expect(scenario(app).when(new PlaceOrder('o1')).nothing()).rejects.toThrow(OutOfStock);
    await scenario(app).when(new PlaceOrder('o1')).fails(OutOfStock, /i1/);
    await scenario(app)
      .when(new PlaceOrder('o1'))
      .fails(/none left/);
    await scenario(app).given(added).when(new PlaceOrder('lost')).fails('no carrier');
  });

  it('fails with what was given', async () => {
    await expect(scenario(app).given(new PlaceOrder('o0')).when(new Count()).answers(0)).rejects.toThrow(OutOfStock);
  });
});

describe('a scenario that has another outcome', () => {
  it('tells of other events', async () => {
    const placed = scenario(app).given(added).when(new PlaceOrder('o1'));
    const error = await rejectionOf(placed.publishes(new OrderPlaced('o1', 30)));
    expectText('scenario-publishes', error);
    expect([error.actual, error.expected]).toEqual([[new OrderPlaced('o1', 25)], [new OrderPlaced('o1', 30)]]);
    expectText('scenario-publishes-nothing', await rejectionOf(placed.publishes()));
    expectText(
      'scenario-publishes-partly',
      await rejectionOf(placed.publishes(partly(OrderPlaced, { total: 30 }), partly(StockAdded, { item: 'i1' }))),
    );
  });

  it('tells of other commands', async () => {
    const placed = scenario(app).given(added).when(new PlaceOrder('o1'));
    expectText('scenario-sends', await rejectionOf(placed.sends(new Ship('o2'))));
    expectText('scenario-nothing', await rejectionOf(placed.nothing()));
  });

  it('tells of another answer', async () => {
    const placed = scenario(app).given(added).when(new PlaceOrder('o1'));
    expectText('scenario-answers', await rejectionOf(placed.answers('o2')));
  });

  it('tells of another failure, or of none', async () => {
    const failed = scenario(app).when(new PlaceOrder('o1'));
    expectText('scenario-fails', await rejectionOf(failed.fails(TypeError, /i1/)));
    const placed = scenario(app).given(added).when(new PlaceOrder('o1'));
    expectText('scenario-fails-not', await rejectionOf(placed.fails(OutOfStock)));
  });

  it('tells of failures that the test does not ask for', async () => {
    const lost = scenario(app).given(added).when(new PlaceOrder('lost'));
    expectText('scenario-failures', await rejectionOf(lost.publishes(new OrderPlaced('lost', 25))));
  });
});

describe('testApp()', () => {
  it('ends with its block, also without CqrsModule', async () => {
    let closed = 0;
    const watching = { provide: 'watching', useValue: { onModuleDestroy: () => void closed++ } };
    {
      await using other = await testApp({ providers: [watching] });
      expect(() => track(other)).not.toThrow();
      expect(() => scenario(other)).toThrow(expect.objectContaining({ code: 'CQRS_NOT_OBSERVABLE' }));
    }
    expect(closed).toBe(1);
  });
});

describe('a scenario that the test does not ask for its outcome', () => {
  const forget = async (): Promise<void> => {
    scenario(app).given(added).when(new PlaceOrder('o1'));
    await Promise.resolve();
  };

  it.each([
    ['track()', () => track(app)],
    ['stub()', () => stub(app, Ship)],
    ['scenario()', () => scenario(app)],
  ])('fails %s', async (_what, call) => {
    await forget();
    expect(call).toThrow('A scenario has run, and the test has not asked for its outcome:');
    expect(call).not.toThrow();
    restoreStubs(app);
  });

  it('fails app.close(), once', async () => {
    await forget();
    expectText('scenario-unasked', await rejectionOf(app.close()));
    expect(app.get(CommandBus)).toBeInstanceOf(CommandBus);
  });
});
