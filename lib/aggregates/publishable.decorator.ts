import type { IEventBus } from '../events/event-bus.js';
import { harmless } from '../dispatch/failures.js';
import { NoEventBusException } from '../errors/no-event-bus.exception.js';
import { messageName } from '../messages/inspect-message.js';
import { latestEventBus } from './live-event-buses.js';
import { definePublisher, publisherBeside } from './merged-publisher.js';

/**
 * Lets an aggregate publish without being merged: its instances publish to the application that was started last, of
 * those that run in this process, as the dispatcher context of its events. `EventPublisher` wins over it, for those who run several at a time. While none runs,
 * `commit()` rejects with NoEventBusException and keeps the events.
 */
export const Publishable = (): ClassDecorator => target =>
  definePublisher(target.prototype as object, {
    publish(this: object, event) {
      return (publisherBeside(this) ?? latest(this)).publish(event, this);
    },
    publishAll(this: object, events) {
      return (publisherBeside(this) ?? latest(this)).publishAll(events, this);
    },
  });

const latest = (aggregate: object): IEventBus => latestEventBus() ?? nowhere(aggregate);

const nowhere = (aggregate: object): IEventBus => {
  const refuse = () => harmless(Promise.reject(new NoEventBusException(messageName(aggregate))));
  return { publish: refuse, publishAll: refuse };
};
