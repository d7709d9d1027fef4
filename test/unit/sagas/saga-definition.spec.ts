import { EMPTY } from 'rxjs';
import { InvalidSagaException, UnsupportedSagaScopeException } from '../../../lib/errors/wiring.exception.js';
import type { ProviderWrapper } from '../../../lib/scopes/provider-wrapper.js';
import { sagaOf } from '../../../lib/sagas/saga-definition.js';
import { Paid, Ship } from './stage.js';

class Sagas {
  readonly order = '1';
  stream() {
    return EMPTY;
  }
  onPaid() {
    return new Ship(this.order);
  }
  readonly noFunction = 5;
}
class OrdersModule {}

const wrapperOf = (instance: object, isSingle = true) =>
  ({
    instance,
    host: { metatype: OrdersModule },
    isDependencyTreeStatic: () => isSingle,
    isTransient: false,
  }) as unknown as ProviderWrapper;

const declaration = (method: string, events?: unknown[]) => ({ method, declaredBy: Sagas, ...(events && { events }) });

describe('a saga of a provider', () => {
  it('is called on the instance, as its method is at the time', () => {
    const instance = new Sagas();
    const saga = sagaOf(wrapperOf(instance), Sagas, declaration('onPaid', [Paid]));
    expect(saga).toMatchObject({ name: 'onPaid', events: [Paid] });
    expect(saga.invoker.identity).toEqual({ name: 'Sagas.onPaid', module: 'OrdersModule' });
    expect(saga.invoker.invoke(new Paid('1'))).toEqual(new Ship('1'));
    instance.onPaid = () => new Ship('spy');
    expect(saga.invoker.invoke(new Paid('1'))).toEqual(new Ship('spy'));
  });

  it('is refused if its provider has no single instance', () => {
    expect(() => sagaOf(wrapperOf(new Sagas(), false), Sagas, declaration('stream'))).toThrow(
      UnsupportedSagaScopeException,
    );
  });

  it('is refused if there is no function', () => {
    for (const method of ['noFunction', 'missing'])
      expect(() => sagaOf(wrapperOf(new Sagas()), Sagas, declaration(method))).toThrow(InvalidSagaException);
  });

  it('is refused if it names no class, as a circular import leaves it', () => {
    expect(() => sagaOf(wrapperOf(new Sagas()), Sagas, declaration('onPaid', [Paid, undefined]))).toThrow(
      /Sagas\.onPaid.*OrdersModule.*circular/,
    );
  });
});
