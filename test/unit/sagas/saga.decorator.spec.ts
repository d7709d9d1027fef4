import { EMPTY, map, of, type Observable } from 'rxjs';
import { SAGA_METADATA } from '../../../lib/handlers/metadata-keys.js';
import { EventStream } from '../../../lib/sagas/event-stream.js';
import { ofType } from '../../../lib/sagas/of-type.js';
import type { ISaga } from '../../../lib/sagas/saga.js';
import { Saga, sagaDeclarationsOf } from '../../../lib/sagas/saga.decorator.js';
import { Paid, PaidTwice, Ship, Shipped } from './stage.js';

class Sagas {
  @Saga()
  onEvents(events$: Observable<object>): Observable<Ship> {
    return events$.pipe(
      ofType(Paid),
      map(({ order }) => new Ship(order)),
    );
  }

  @Saga()
  field = (events$: Observable<object>): Observable<Ship> => this.onEvents(events$);

  @Saga()
  typed: ISaga<object, Ship> = () => EMPTY;

  @Saga()
  async *generator(events: EventStream): AsyncGenerator<Ship> {
    for await (const { order } of events.ofType(Paid)) yield new Ship(order);
  }

  @Saga(Paid, Shipped)
  onPaid(event: Paid | Shipped): Ship | undefined {
    return event instanceof Paid ? new Ship(event.order) : undefined;
  }
}

const methodsOf = (type: abstract new (...args: never[]) => object) =>
  sagaDeclarationsOf(type).map(({ method }) => method);

describe('@Saga', () => {
  it('declares methods and properties, with the events they are called with', () => {
    expect(sagaDeclarationsOf(Sagas)).toEqual(
      expect.arrayContaining([
        { method: 'onEvents', declaredBy: Sagas },
        { method: 'field', declaredBy: Sagas },
        { method: 'typed', declaredBy: Sagas },
        { method: 'generator', declaredBy: Sagas },
        { method: 'onPaid', events: [Paid, Shipped], declaredBy: Sagas },
      ]),
    );
    expect(sagaDeclarationsOf(Sagas)).toHaveLength(5);
  });

  it('leaves the names under the key of @nestjs/cqrs, those of base classes too', () => {
    class More extends Sagas {
      @Saga()
      more(): Observable<Ship> {
        return EMPTY;
      }
    }
    expect(Reflect.getMetadata(SAGA_METADATA, Sagas)).toEqual(methodsOf(Sagas));
    expect(Reflect.getMetadata(SAGA_METADATA, More)).toEqual(['more', ...methodsOf(Sagas)]);
  });

  it('is inherited, and declared anew by a subclass only once', () => {
    class Stricter extends Sagas {
      @Saga(Paid)
      override onPaid(event: Paid): Ship {
        return new Ship(event.order);
      }
    }
    expect(methodsOf(Stricter)).toHaveLength(5);
    expect(sagaDeclarationsOf(Stricter)[0]).toEqual({ method: 'onPaid', events: [Paid], declaredBy: Stricter });
    expect(methodsOf(Sagas)).toHaveLength(5);
  });

  it('keeps what a circular import leaves, to be told at the start', () => {
    class Circular {
      @Saga(undefined as unknown as typeof Paid)
      onPaid(): void {}
    }
    expect(sagaDeclarationsOf(Circular)).toEqual([{ method: 'onPaid', events: [undefined], declaredBy: Circular }]);
  });

  it('finds nothing on classes without sagas', () => {
    expect(sagaDeclarationsOf(Paid)).toEqual([]);
  });

  it('is checked by the compiler', () => {
    class Wrong {
      // @ts-expect-error neither Observable nor async iterable
      @Saga()
      noStream(): Ship[] {
        return [];
      }

      // @ts-expect-error a promise of an Observable is none
      @Saga()
      async promised(): Promise<Observable<Ship>> {
        return EMPTY;
      }

      // @ts-expect-error another event
      @Saga(Paid)
      other(event: { name: number }): Ship {
        return new Ship(String(event.name));
      }

      // @ts-expect-error no command
      @Saga(Paid)
      number(): number {
        return 1;
      }

      // @ts-expect-error no class
      @Saga(new Paid('1'))
      instance(): void {}
    }
    expect(sagaDeclarationsOf(Wrong)).toHaveLength(5);
  });
});

describe('ofType', () => {
  it('lets through instances of the classes and of their subclasses', () => {
    const seen: (Paid | Shipped)[] = [];
    const events = [new Paid('1'), new Ship('2'), new Shipped('3'), new PaidTwice('4')];
    of(...events)
      .pipe(ofType(Paid, Shipped))
      .subscribe(event => seen.push(event));
    expect(seen.map(({ order }) => order)).toEqual(['1', '3', '4']);
  });
});
