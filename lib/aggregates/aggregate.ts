import type { IEvent } from '../messages/message.js';

/** A class that can be instantiated. */
export interface Constructor<T> {
  new (...args: any[]): T; // eslint-disable-line @typescript-eslint/no-explicit-any -- what TypeScript wants of a mixin
}

/** A class, abstract or not. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- what TypeScript wants of a mixin
export type AbstractConstructor<T = object> = abstract new (...args: any[]) => T;

/** What may be said about one `apply`. */
export interface ApplyOptions {
  /** Whether the event has happened before: it is handled, but neither recorded nor published. Default: false. */
  fromHistory?: boolean;
  /** Whether the event is recorded without being handled. Default: false. */
  skipHandler?: boolean;
}

/**
 * Something that records what happens to it as events, and publishes them.
 * @typeParam EventBase what all of its events extend
 */
export interface IAggregateRoot<EventBase extends IEvent = IEvent> {
  /** Whether events are published as soon as they are applied. Default: false. */
  autoCommit: boolean;

  /**
   * Publishes an event; `EventPublisher` and `@Publishable` put this in place.
   * @returns a promise where publishing takes time; its rejection keeps the event
   */
  publish<T extends EventBase = EventBase>(event: T): unknown;

  /**
   * Publishes events in order; `EventPublisher` and `@Publishable` put this in place.
   * @returns a promise where publishing takes time; its rejection keeps the events
   */
  publishAll<T extends EventBase = EventBase>(events: T[]): unknown;

  /**
   * Publishes what has been recorded.
   * @returns here a `Promise<void>`; classes written for @nestjs/cqrs may return nothing
   */
  commit(): Promise<void> | void; // eslint-disable-line @typescript-eslint/no-invalid-void-type -- such classes override it as returning void

  /** Forgets what has been recorded. */
  uncommit(): void;

  /** What has been recorded and not published. */
  getUncommittedEvents(): EventBase[];

  /** Handles what has happened before, in order. */
  loadFromHistory(history: EventBase[]): void;

  /**
   * Handles an event, and records it unless it comes from history.
   * @param event an instance of an event class
   * @param isFromHistory short for the option `fromHistory`
   */
  apply<T extends EventBase = EventBase>(event: T, isFromHistory?: boolean): void;
  apply<T extends EventBase = EventBase>(event: T, options?: ApplyOptions): void;
}
