import type { EventBus } from '../events/event-bus.js';
import type { SagaFunction, SagaHost } from '../events/event-registration.js';
import { FunctionInvoker } from '../handlers/handler-invoker.js';
import { implementationOf } from '../handlers/provider-handlers.js';
import { nameOf } from '../messages/inspect-message.js';
import { sagaDeclarationsOf } from '../sagas/saga.decorator.js';
import { sagaOf, type SagaDefinition } from '../sagas/saga-definition.js';
import type { SagaRunner } from '../sagas/saga-runner.js';
import type { ProviderWrapper } from '../scopes/provider-wrapper.js';

/** Runs sagas that pass through a bus; its subclass may wrap, add or omit some. */
export class BusSagas implements SagaHost {
  private readonly shown = new WeakMap<SagaFunction, SagaDefinition>();

  /** @param runner undefined if the bus is not observable */
  constructor(
    private readonly bus: EventBus,
    private readonly runner: () => SagaRunner | undefined,
  ) {}

  sagasOf(wrapper: ProviderWrapper): SagaFunction[] {
    const type = implementationOf(wrapper);
    const declared = type === undefined ? [] : sagaDeclarationsOf(type).filter(({ events }) => events === undefined);
    return declared.map(declaration => {
      const definition = sagaOf(wrapper, type!, declaration);
      const saga = (events$: object) => definition.invoker.invoke(events$);
      Object.defineProperty(saga, 'name', { value: definition.name });
      this.shown.set(saga as SagaFunction, definition);
      return saga as SagaFunction;
    });
  }

  start(saga: SagaFunction): void {
    this.runner()?.start(this.shown.get(saga) ?? this.definitionOf(saga));
  }

  private definitionOf(saga: SagaFunction): SagaDefinition {
    const name = saga.name || 'saga';
    return {
      name,
      invoker: new FunctionInvoker(saga as never, { name: `${name} of ${nameOf(this.bus.constructor)}` }),
    };
  }
}
