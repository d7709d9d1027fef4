import type { IEventBus } from '../events/event-bus.js';
import { harmless } from '../dispatch/failures.js';
import { NoEventBusException } from '../errors/no-event-bus.exception.js';
import { messageName } from '../messages/inspect-message.js';
import { keepForAggregates, latestEventBus } from './live-event-buses.js';
import { definePublisher, publisherBeside } from './merged-publisher.js';

/**
 * Lets instances publish to the application started last in this process, with themselves as dispatcher context;
 * `EventPublisher` wins. An application stays in memory until it closes, once a class has this decorator. While none runs, `commit()` rejects with NoEventBusException and keeps the events.
 */
export const Publishable = (): ClassDecorator => target => {
  keepForAggregates();
  definePublisher(target.prototype as object, {
    publish(this: object, event) {
      return (publisherBeside(this) ?? latest(this)).publish(event, this);
    },
    publishAll(this: object, events) {
      return (publisherBeside(this) ?? latest(this)).publishAll(events, this);
    },
  });
};

const latest = (aggregate: object): IEventBus => latestEventBus() ?? nowhere(aggregate);

const nowhere = (aggregate: object): IEventBus => {
  const refuse = () => harmless(Promise.reject(new NoEventBusException(messageName(aggregate))));
  return { publish: refuse, publishAll: refuse };
};
