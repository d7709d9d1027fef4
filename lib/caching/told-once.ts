import { CqrsLogger } from '../dispatch/cqrs-logger.js';
import { callSafely } from '../dispatch/failures.js';
import { nameOf } from '../messages/inspect-message.js';
import type { MessageType } from '../messages/message.js';

const logger = new CqrsLogger('Cqrs');

/** Of one class. A run may read headers whose names come from outside. */
const MOST_REASONS = 50;

/** Why answers are not kept: logged once per class of queries and reason. */
export class ToldOnce {
  private readonly told = new WeakMap<MessageType, Set<string>>();

  /** @param reason beyond 50 of one class, nothing more is told */
  tell(type: MessageType, reason: string, text: () => string): void {
    const known = this.told.get(type);
    if (known?.has(reason) === true || (known?.size ?? 0) >= MOST_REASONS) return;
    if (known === undefined) this.told.set(type, new Set([reason]));
    else known.add(reason);
    callSafely(() => logger.warn(`${nameOf(type)} is not cached: ${text()}`));
  }

  /** The next time it is told again. */
  forget(type: MessageType, reason: string): void {
    this.told.get(type)?.delete(reason);
  }
}
