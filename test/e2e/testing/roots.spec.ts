import { Injectable } from '@nestjs/common';
import {
  Command,
  CommandHandler,
  CqrsModule,
  Event,
  Query,
  QueryHandler,
  Saga,
  StreamQuery,
} from '../../../lib/index.js';
import {
  flowMatchers,
  middlewareCase,
  sagaOf,
  scenario,
  scenarioOf,
  testApp,
  track,
  type TestApp,
} from '../../../lib/testing/index.js';
import { quietLog } from '../../support/quiet-log.js';
import { rejectionOf } from './failures-of.js';

class Ship extends Command<number> {
  constructor(readonly parcel: string) {
    super();
  }
}
class GetPrice extends Query<number> {}
class Lines extends StreamQuery<number> {}
class Shipped extends Event {}
/** Extend no class of the package. */
class Count {}
class CountAgain extends Count {}
class GetCount {}
class Counted {}

@Injectable()
class Shop {
  @CommandHandler(Ship)
  ship({ parcel }: Ship): number {
    if (parcel === '') throw new RangeError('without a parcel');
    return parcel.length;
  }

  @CommandHandler(Count)
  count(_command: Count): void {}

  @QueryHandler(GetPrice)
  price(_query: GetPrice): number {
    return 5;
  }

  @QueryHandler(GetCount)
  counted(_query: GetCount): number {
    return 7;
  }

  @QueryHandler(Lines)
  *lines(_query: Lines): Iterable<number> {
    yield 1;
  }

  @Saga(Shipped)
  onShipped(_event: Shipped): undefined {}
}

let app: TestApp;

beforeEach(async () => {
  quietLog();
  app = await testApp({ imports: [CqrsModule.forRoot()], providers: [Shop] });
});

afterEach(() => app.close());

describe('what a scenario has sent', () => {
  it.each([
    ['command Ship', new Ship('p1')],
    ['query GetPrice', new GetPrice()],
    ['query Lines', new Lines()],
    ['event Shipped', new Shipped()],
    ['command Count', new Count()],
    ['command CountAgain', new CountAgain()],
    ['query GetCount', new GetCount()],
    ['event Counted', new Counted()],
    ['a function', () => 1],
  ])('is told as %s', async (root, sent) => {
    const outcome = scenario(app, { timeout: 5, until: () => false }).when(sent as object);
    const { message } = await rejectionOf(outcome.nothing());
    expect(message.split('\n')[0]).toMatch(new RegExp(`^Not settled after 5 ms: ${root}, tracked at roots\\.spec`));
  });
});

describe('what runners draw a difference from', () => {
  it('of a failure that is another, or none', async () => {
    const failed = await rejectionOf(scenario(app).when(new Ship('')).fails(TypeError, 'parcel'));
    expect([failed.actual, failed.expected, failed.cause]).toEqual([
      ['RangeError: without a parcel'],
      ['TypeError: parcel'],
      new RangeError('without a parcel'),
    ]);
    const shipped = await rejectionOf(scenario(app).when(new Ship('p1')).fails('parcel'));
    expect([shipped.actual, shipped.expected, shipped.cause]).toEqual([[], ['Error: parcel'], undefined]);
  });

  it('of an answer', async () => {
    const { actual, expected } = await rejectionOf(scenario(app).when(new Ship('p1')).answers(3));
    expect([actual, expected]).toEqual([2, 3]);
  });

  it('of matchers', async () => {
    const flow = await track(app, { failures: 'collect' }).execute(new Ship(''));
    const { toHaveExecuted, toHaveAsked, toHaveFailed } = flowMatchers;
    const results = [
      toHaveExecuted(flow, Ship),
      toHaveExecuted(flow, Ship, new Ship('p1')),
      toHaveAsked(flow, GetPrice),
      toHaveFailed(flow, TypeError),
    ];
    expect(results.map(({ pass, actual, expected }) => ({ pass, actual, expected }))).toEqual([
      { pass: true },
      { pass: false, actual: [new Ship('')], expected: [new Ship('p1')] },
      { pass: false, actual: [], expected: ['GetPrice'] },
      { pass: false, actual: [new RangeError('without a parcel')], expected: 'TypeError' },
    ]);
  });
});

describe('a scenario that the test does not ask for its outcome', () => {
  class Order {
    getUncommittedEvents(): object[] {
      return [];
    }
    loadFromHistory(): void {}
  }

  it.each<[string, () => unknown]>([
    ['scenarioOf()', () => scenarioOf(Order as never)],
    ['sagaOf()', () => sagaOf(new Shop(), 'onShipped' as never)],
    ['middlewareCase()', () => middlewareCase((message, next) => next(message))],
    ['testApp()', () => testApp({ imports: [CqrsModule.forRoot()] })],
  ])('fails %s', async (_what, call) => {
    scenario(app).when(new Ship('p1'));
    await Promise.resolve();
    const run = async () => call();
    await expect(run()).rejects.toThrow(/^A scenario has run, and the test has not asked for its outcome:$/m);
  });
});
