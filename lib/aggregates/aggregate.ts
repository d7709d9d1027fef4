import type { IEvent } from '../messages/message.js';

/** A class that can be instantiated. */
export interface Constructor<T> {
  new (...args: any[]): T; // eslint-disable-line @typescript-eslint/no-explicit-any -- as mixins need
}

/** A class, abstract or not. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- as mixins need
export type AbstractConstructor<T = object> = abstract new (...args: any[]) => T;

/** Options of one `apply`. */
export interface ApplyOptions {
  /** Handles without recording or publishing. Default: false. */
  fromHistory?: boolean;
  /** Records without handling. Default: false. */
  skipHandler?: boolean;
}

/** Records and publishes events. */
export interface IAggregateRoot<EventBase extends IEvent = IEvent> {
  /** Publishes each event as soon as it is applied. Default: false. */
  autoCommit: boolean;

  /**
   * Set by `EventPublisher` and `@Publishable`.
   * @returns awaited; its rejection keeps the event
   */
  publish<T extends EventBase = EventBase>(event: T): unknown;

  /** Like `publish`, in order. */
  publishAll<T extends EventBase = EventBase>(events: T[]): unknown;

  /** Publishes recorded events. Classes written for @nestjs/cqrs may return nothing. */
  commit(): Promise<void> | void;

  /** Forgets recorded events. */
  uncommit(): void;

  /** Recorded and not yet published. */
  getUncommittedEvents(): EventBase[];

  /** Handles past events, in order. */
  loadFromHistory(history: EventBase[]): void;

  /**
   * Handles an event; records it unless history.
   * @param isFromHistory short for `fromHistory`
   */
  apply<T extends EventBase = EventBase>(event: T, isFromHistory?: boolean): void;
  apply<T extends EventBase = EventBase>(event: T, options?: ApplyOptions): void;
}
