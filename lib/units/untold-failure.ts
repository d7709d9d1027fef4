import { CqrsLogger } from '../dispatch/cqrs-logger.js';
import { callSafely, stackOf, textOf } from '../dispatch/failures.js';

/** Why a unit of work cannot be committed. */
export interface Failure {
  readonly error: unknown;
  /** The handler that has failed. */
  readonly part: string;
}

const logger = new CqrsLogger('Cqrs');

/** Of errors that name one another. */
const MOST_CAUSES = 10;

/**
 * Logs the failure of a part where the work fails with another error, which does not name it as its cause: nothing may
 * have awaited the part.
 * @param handler of the unit of work. Its own failure has been seen by its middleware
 * @param thrown what the caller gets
 */
export function tellUntold(handler: string, { error, part }: Failure, thrown: unknown): void {
  callSafely(() => {
    if (part === handler || isCausedBy(thrown, error)) return;
    logger.warn(
      `The unit of work of ${handler} is rolled back, and its caller gets another error than that of ${part}: ${textOf(error)}`,
      stackOf(error),
    );
  });
}

function isCausedBy(thrown: unknown, error: unknown): boolean {
  let cause = thrown;
  for (let i = 0; i < MOST_CAUSES && cause !== undefined; i++) {
    if (cause === error) return true;
    cause = (cause as { cause?: unknown } | null)?.cause;
  }
  return false;
}
