import { takeAccepted } from '../events/accepted-events.js';
import { CqrsLogger } from '../dispatch/cqrs-logger.js';
import { callSafely, harmless, stackOf } from '../dispatch/failures.js';
import { messageName } from '../messages/inspect-message.js';
import { recordedBy, type RecordedEvent } from './recorded-events.js';

const logger = new CqrsLogger('AggregateRoot');

/**
 * Puts back the events that were not accepted.
 * @param given tells what the bus accepted
 * @returns safe to drop
 */
export const publishTaken = (
  aggregate: object,
  taken: readonly RecordedEvent[],
  given: object,
  publish: () => unknown,
): Promise<void> => harmless(publishOrPutBack(aggregate, taken, given, publish));

async function publishOrPutBack(
  aggregate: object,
  taken: readonly RecordedEvent[],
  given: object,
  publish: () => unknown,
): Promise<void> {
  // Left by an earlier publish of the same event.
  takeAccepted(given);
  try {
    await publish();
  } catch (error) {
    const accepted = takeAccepted(given);
    const kept = taken.filter(({ event }) => !accepted.has(event));
    recordedBy(aggregate).putBack(kept);
    if (kept.length > 0)
      warn(`${list(kept)} of ${messageName(aggregate)} could not be published: kept to be tried again.`, error);
    throw error;
  }
}

const list = (recorded: readonly RecordedEvent[]): string => recorded.map(({ event }) => messageName(event)).join(', ');

export const warn = (text: string, error: unknown): void =>
  callSafely(() => logger.warn([text, stackOf(error)].filter(Boolean).join(' ')));
