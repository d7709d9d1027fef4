import type { HandlerIdentity, HandlerTarget } from '../context/handler-identity.js';
import type { Headers } from '../context/header.js';
import type { MessageContext } from '../context/message-context.js';
import type { MessageKind, MessageType } from '../messages/message.js';
import type { Place } from './middleware.js';

/** A step of a pipeline. */
export interface ProbePoint {
  /**
   * - `dispatch`: one whole run of a command or query, or one delivery of an event to one handler, with the time limit and
   *   the validation that options ask for
   * - `middleware`: a middleware, with all that it wraps
   * - `handler`: one call of the handler; `context.attempt` counts them
   * - `prepare`: making the request-scoped handler of an event, which happens before its turn
   */
  readonly at: 'dispatch' | 'middleware' | 'handler' | 'prepare';
  readonly kind: MessageKind;
  /** Class of the message; at `middleware` and `handler` also of one that a middleware put in its place. */
  readonly type: MessageType;
  readonly handler: HandlerIdentity;
  /** Undefined for functions, and where a message leaves. */
  readonly target?: HandlerTarget | undefined;
  /** `send`: the message is sent to another process. `store`: it is stored. Undefined where it is handled. */
  readonly place?: Exclude<Place, 'handle'> | undefined;
  /** Name of the middleware. */
  readonly middleware?: string | undefined;
}

/** A step as a probe gets and gives it: returns a value or a promise, and throws, as the step itself does. */
export type Watched = (message: object, context: MessageContext) => unknown;

/** What a probe does about something that has begun. */
export interface Watching {
  /** Runs a part of it, as within an `AsyncLocalStorage`; called for each part. */
  run?<R>(part: () => R): R;
  /**
   * Called once.
   * @param error if it failed; a failure of a handler is told at its `dispatch`
   */
  end?(error?: unknown): void;
}

/** An event that is published. */
export interface Published {
  readonly event: object;
  /** One for all handlers of the event: their `context.shared`. Undefined for what is not an event. */
  readonly context: MessageContext | undefined;
  readonly handlers: readonly HandlerIdentity[];
  /** Class of the publisher that gets the event in place of the handlers. */
  readonly publisher?: string | undefined;
  /** What happens to a failure of a handler: `throw` and `collect` tell the caller of `publish()`. */
  readonly onError?: 'report' | 'throw' | 'collect' | undefined;
}

/** A saga that is given an event. */
export interface SagaMoment {
  readonly saga: HandlerIdentity;
  readonly event: object;
  readonly context: MessageContext;
}

/** A command that a saga sends, or stores for later. */
export interface SagaCommand {
  readonly saga: HandlerIdentity;
  readonly command: unknown;
  /** That of the event that causes it, where it is known. */
  readonly context: MessageContext | undefined;
}

/** A stream query whose rows are read. */
export interface RowsRead {
  readonly query: object;
  readonly context: MessageContext;
}

/** A message from another process, or from a store. */
export interface Received {
  readonly from: 'remote' | 'store';
  readonly message: object;
  /** Headers that came with it. */
  readonly headers: Headers;
}

/**
 * Watches an application or a bus. Each method is optional, and what none asks for costs nothing. What a probe throws is
 * logged, once per probe, and does not change what happens to a message.
 */
export interface Probe {
  /**
   * While it returns true, the application runs as without this probe. Asked before each message, and where else something
   * begins: it must be quick. Default: never asleep.
   */
  isAsleep?(): boolean;
  /**
   * Wraps a step, when a pipeline is composed: before the first message of a type, and again after a change of handlers,
   * middleware or probes. The same `run` back leaves the step as it is.
   *
   * The new step calls `run` at once, and the outcome of `run` stands. Or it does not call it: then what it returns
   * is the outcome, and a rejected promise is a failure.
   */
  wrap?(point: ProbePoint, run: Watched): Watched;
  /**
   * An event is published: also one without handlers, one that waits for another event, for its turn or for the commit,
   * one that is refused, and one that goes to a publisher. Ends when all handlers have settled.
   */
  publish?(published: Published): Watching | undefined;
  /** A saga is given an event; ends when it has done its work: a generator asks for its next event. */
  sagaWorks?(moment: SagaMoment): Watching | undefined;
  /** A saga emits a command, which may wait for others; ends with the command. */
  sagaEmits?(sent: SagaCommand): Watching | undefined;
  /** Rows are read: from the first read until the last row, or until the reader leaves. */
  rows?(read: RowsRead): Watching | undefined;
  /**
   * A message leaves for another process, or is stored; called within its step at `handler`.
   * @returns headers for its envelope, such as `traceparent`; messages that it causes here do not inherit them
   */
  leaves?(message: object, context: MessageContext): Headers | undefined;
  /** A message that has come from another process, or from a store, is handled; of a stream query, until its last row. */
  receives?(received: Received): Watching | undefined;
}

/** What `Probe` methods are told of what begins. */
export interface Moments {
  readonly publish: Published;
  readonly sagaWorks: SagaMoment;
  readonly sagaEmits: SagaCommand;
  readonly rows: RowsRead;
  readonly receives: Received;
}

/** Told of what a probe throws. */
export type ProbeReport = (probe: Probe, error: unknown) => void;
