import { messageName, prototypeOf } from '../messages/inspect-message.js';
import type { IEvent } from '../messages/message.js';
import type { AbstractConstructor, ApplyOptions, IAggregateRoot } from './aggregate.js';
import { callEventMethod, eventMethodOf, eventNameOf, type EventMethod } from './event-methods.js';
import { LOOKS_BESIDE, publisherBeside } from './merged-publisher.js';
import { publishTaken } from './publishing.js';
import { recordedBy } from './recorded-events.js';

/** What the mixin adds to a class. */
export interface AggregateMethods<EventBase extends IEvent = IEvent> extends IAggregateRoot<EventBase> {
  /** Takes out recorded events, to be stored. */
  pullEvents(): EventBase[];
}

/** Makes any class an {@link AggregateRoot}. */
export function WithAggregateRoot<
  EventBase extends IEvent = IEvent,
  TBase extends AbstractConstructor = AbstractConstructor,
>(
  Base: TBase,
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- as mixins need
): abstract new <T extends IEvent = EventBase>(...args: any[]) => AggregateMethods<T> & InstanceType<TBase> {
  abstract class Aggregate extends Base {
    get autoCommit(): boolean {
      return recordedBy(this).autoCommit;
    }

    set autoCommit(isOn: boolean) {
      recordedBy(this).autoCommit = isOn;
    }

    get [LOOKS_BESIDE](): boolean {
      return true;
    }

    publish(event: object): unknown {
      return publisherBeside(this)?.publish(event);
    }

    publishAll(events: object[]): unknown {
      return publisherBeside(this)?.publishAll(events);
    }

    commit(): Promise<void> {
      const taken = recordedBy(this).take();
      const events = taken.map(({ event }) => event);
      return publishTaken(this, taken, events, () => this.publishAll(events));
    }

    uncommit(): void {
      recordedBy(this).take();
    }

    pullEvents(): object[] {
      return recordedBy(this)
        .take()
        .map(({ event }) => event);
    }

    getUncommittedEvents(): object[] {
      return recordedBy(this).events;
    }

    loadFromHistory(history: object[]): void {
      for (const event of history) this.apply(event, true);
    }

    apply(event: object, how: boolean | ApplyOptions = {}): void {
      prototypeOf(event, `apply() of ${messageName(this)}`);
      const { fromHistory, skipHandler } = typeof how === 'boolean' ? { fromHistory: how } : (how ?? {});
      const handle = () => {
        if (!skipHandler) callEventMethod(this, event, this.getEventHandler(event));
      };
      if (fromHistory) return handle();
      const recorded = recordedBy(this);
      const first = recorded.recordWhile(event, handle);
      if (this.autoCommit && !recorded.isApplying)
        for (const taken of recorded.take(first))
          void publishTaken(this, [taken], taken.event, () => this.publish(taken.event));
    }

    protected getEventHandler(event: object): EventMethod | undefined {
      return eventMethodOf(this, event, this.getEventName(event));
    }

    protected getEventName(event: object): string {
      return eventNameOf(event);
    }
  }
  // A class expression cannot declare the generic parameters of AggregateMethods.
  return Aggregate as never;
}
