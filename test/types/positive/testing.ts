import { AggregateRoot, Command, Event, Query, StreamQuery, type EventStream } from 'nestjs-cqrs';
import {
  middlewareCase,
  partly,
  sagaOf,
  scenario,
  scenarioOf,
  testApp,
  type Flow,
  type TestApp,
} from 'nestjs-cqrs/testing';

class GetPrice extends Query<number> {
  constructor(readonly item: string) {
    super();
  }
}
class Rows extends StreamQuery<string> {}
class Place extends Command<string> {}
class Ship extends Command {}
class Placed extends Event {
  constructor(
    readonly orderId: string,
    readonly total: number,
  ) {
    super();
  }
}
class Order extends AggregateRoot {
  place(): string {
    return 'o1';
  }
  async placeLater(): Promise<string> {
    return 'o1';
  }
}
class Sagas {
  readonly name = 'sagas';
  onPlaced(_event: Placed): Ship {
    return new Ship();
  }
  async *generator(_events$: EventStream): AsyncGenerator<Ship> {
    yield new Ship();
  }
}

declare const app: TestApp;

export async function sentences(): Promise<void> {
  const flow: Flow<string> = await scenario(app, { timeout: 5 })
    .given(new Placed('o1', 1))
    .stubbed(GetPrice, 10)
    .stubbed(GetPrice, ({ item }) => item.length)
    .stubbed(GetPrice, new Error('closed'))
    .stubbed(Ship)
    .when(new Place())
    .answers('o1');
  const rows: Flow<string[]> = await scenario(app).when(new Rows()).answers(['1']);
  const sum: Flow<number> = await scenario(app)
    .when(async () => 1)
    .fails(TypeError, /no/);
  await scenario(app)
    .when(new Place())
    .publishes(partly(Placed, { orderId: 'o1' }), new Placed('o2', 1));
  scenarioOf(Order)
    .when(order => order.place())
    .answers('o1');
  await scenarioOf(() => new Order())
    .when(order => order.placeLater())
    .answers('o1');
  await sagaOf(new Sagas(), 'onPlaced').given(new Placed('o1', 1)).whenTimePasses('24h').sends(new Ship());
  await sagaOf(new Sagas().generator).when(new Placed('o1', 1)).nothing();
  await using other: TestApp = await testApp({
    providers: [Sagas],
    overrides: [[Sagas, {}]],
    stubs: on => {
      on(GetPrice).with(({ item }) => item.length);
      on([Sagas, 'onPlaced']).silent();
    },
  });
  const { run } = middlewareCase((message, next) => next(message), { effects: ['repeats'] });
  const result: unknown = (await run(new Ship(), [1, 2])).result;
  void [flow, rows, sum, other, result];
}
