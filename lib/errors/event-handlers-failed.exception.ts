import { CqrsException } from './cqrs.exception.js';
import { describeValue } from './describe-value.js';

/** Several handlers of one event failed under `onError: 'throw'`. */
export class EventHandlersFailedException extends CqrsException {
  /** @param errors in the order of `handlers` */
  constructor(
    eventName: string,
    readonly errors: readonly unknown[],
    readonly handlers: readonly string[],
  ) {
    super({
      code: 'CQRS_EVENT_HANDLERS_FAILED',
      what: `${errors.length} handlers of "${eventName}" failed: ${errors.map((error, i) => `${handlers[i]} (${messageOf(error)})`).join(', ')}.`,
      remedy: 'See the errors property for what each of them threw.',
      cause: errors[0],
    });
  }
}

const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message : typeof error === 'object' ? describeValue(error) : String(error);
