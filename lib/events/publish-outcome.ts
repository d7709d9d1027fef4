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
  /** Handlers not called after a failure (`untilFailure`). */
  readonly skipped: readonly string[];
  readonly failures: readonly EventHandlerFailure[];
}
