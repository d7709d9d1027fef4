/** The failure of one handler of one event. */
export interface EventHandlerFailure {
  /** Class, or class and method. */
  readonly handler: string;
  /** Class name of the Nest module that provides it. */
  readonly module: string | undefined;
  /** What was thrown, unchanged. */
  readonly error: unknown;
}

/** What became of one published event. */
export interface PublishOutcome {
  /** The event itself. */
  readonly event: object;
  /** Handlers that were handed the event, in order. */
  readonly handled: readonly string[];
  /** Handlers that were not, because an earlier one had failed (`untilFailure`). */
  readonly skipped: readonly string[];
  /** What failed, by handler; empty if nothing did. */
  readonly failures: readonly EventHandlerFailure[];
}
