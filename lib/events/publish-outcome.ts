import { EventHandlersFailedException } from '../errors/event-handlers-failed.exception.js';
import { messageName } from '../messages/inspect-message.js';

/** The failure of one handler. */
export interface EventHandlerFailure {
  readonly handler: string;
  readonly module: string | undefined;
  readonly error: unknown;
}

/** The outcome of one published event. */
export interface PublishOutcome {
  readonly event: object;
  /** Handlers that got the event, in order. */
  readonly handled: readonly string[];
  /** Handlers for which the event was stored; left out where there are none. */
  readonly stored?: readonly string[];
  /** Handlers that get the event after the commit; left out outside of a unit of work. */
  readonly held?: readonly string[];
  /** Handlers not called after a failure (`untilFailure`). */
  readonly skipped: readonly string[];
  readonly failures: readonly EventHandlerFailure[];
}

/** The error of the one handler that failed, or one for all. */
export function failureOf(event: object, failures: readonly EventHandlerFailure[]): unknown {
  const [first, second] = failures;
  if (!second) return first!.error;
  return new EventHandlersFailedException(
    messageName(event),
    failures.map(({ error }) => error),
    failures.map(({ handler }) => handler),
  );
}
