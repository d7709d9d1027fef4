import { AggregateRoot, Command, Event, Query } from 'nestjs-cqrs';
import { middlewareCase, partly, sagaOf, scenario, scenarioOf, testApp, type TestApp } from 'nestjs-cqrs/testing';

class GetPrice extends Query<number> {}
class Place extends Command<string> {}
class Placed extends Event {
  constructor(readonly orderId: string) {
    super();
  }
}
class Order extends AggregateRoot {
  place(): string {
    return 'o1';
  }
}
class Sagas {
  readonly name = 'sagas';
  onPlaced(_event: Placed): Place {
    return new Place();
  }
}

declare const app: TestApp;

// @ts-expect-error: the answer of a query
scenario(app).stubbed(GetPrice, 'ten');
// @ts-expect-error: a class in place of a message
scenario(app).given(Placed);
// @ts-expect-error: the result of a command
void scenario(app).when(new Place()).answers(1);
void scenario(app)
  .when(() => 1)
  // @ts-expect-error: the result of a function
  .answers('1');
// @ts-expect-error: a class in place of a message
void scenario(app).when(new Place()).publishes(Placed);
// @ts-expect-error: failures are asked for by fails()
scenario(app, { failures: 'collect' });
// @ts-expect-error: `when` has no outcome before it
void scenario(app).publishes(new Placed('o1'));
// @ts-expect-error: of another type
partly(Placed, { orderId: 1 });
// @ts-expect-error: not an aggregate
scenarioOf(Placed);
// @ts-expect-error: not a method of it
scenarioOf(Order).when(order => order.ship());
scenarioOf(Order)
  .when(order => order.place())
  // @ts-expect-error: what it returns
  .answers(1);
// @ts-expect-error: a saga that is called with events is named
sagaOf(new Sagas().onPlaced);
// @ts-expect-error: not a method
sagaOf(new Sagas(), 'name');
// @ts-expect-error: not a time
void sagaOf(new Sagas(), 'onPlaced').whenTimePasses('a day');
// @ts-expect-error: the answer of a query
void testApp({ stubs: on => on(GetPrice).with('ten') });
// @ts-expect-error: not an effect
middlewareCase((message, next) => next(message), { effects: ['delays'] });
