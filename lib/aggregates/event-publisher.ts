import { Injectable } from '@nestjs/common';
import { ConstructorTypes } from '../buses/constructor-types.decorator.js';
import { EventBus, type IEventBus } from '../events/event-bus.js';
import type { AsyncContext } from '../scopes/async-context.js';
import type { IEvent } from '../messages/message.js';
import type { Constructor, IAggregateRoot } from './aggregate.js';
import { definePublisher, mergePublisher, publisherBeside, type PublishMethods } from './merged-publisher.js';

/** Connects aggregates with the application's event bus. */
@Injectable()
@ConstructorTypes(EventBus)
export class EventPublisher<EventBase extends IEvent = IEvent> {
  constructor(private readonly eventBus: EventBus<EventBase>) {}

  /**
   * Makes a subclass whose instances publish to this application.
   * @param asyncContext selects request-scoped handlers
   */
  mergeClassContext<T extends Constructor<IAggregateRoot<EventBase>>>(metatype: T, asyncContext?: AsyncContext): T {
    const publisherOf = (aggregate: object) =>
      publisherBeside(aggregate) ?? this.methodsFor(aggregate as IAggregateRoot, asyncContext);
    const Merged = class extends (metatype as Constructor<IAggregateRoot>) {};
    definePublisher(Merged.prototype, {
      publish(this: object, event) {
        return publisherOf(this).publish(event);
      },
      publishAll(this: object, events) {
        return publisherOf(this).publishAll(events);
      },
    });
    Object.defineProperty(Merged, 'name', { value: metatype.name, configurable: true });
    return Merged as T;
  }

  /**
   * Makes one aggregate publish to this application; returns it.
   * @param object may be frozen, unless it implements `IAggregateRoot` itself
   */
  mergeObjectContext<T extends IAggregateRoot<EventBase>>(object: T, asyncContext?: AsyncContext): T {
    mergePublisher(object, this.methodsFor(object, asyncContext));
    return object;
  }

  private methodsFor(aggregate: IAggregateRoot, asyncContext: AsyncContext | undefined): PublishMethods {
    const bus: IEventBus = this.eventBus;
    return {
      publish: event => bus.publish(event, aggregate, asyncContext),
      publishAll: events => bus.publishAll(events, aggregate, asyncContext),
    };
  }
}
