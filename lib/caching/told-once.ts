import { CqrsLogger } from '../dispatch/cqrs-logger.js';
import { callSafely } from '../dispatch/failures.js';
import { nameOf } from '../messages/inspect-message.js';
import type { MessageType } from '../messages/message.js';

const logger = new CqrsLogger('Cqrs');

/** Why answers are not kept: logged once per class of queries and reason. */
export class ToldOnce {
  private readonly told = new WeakMap<MessageType, Set<string>>();

  /** @param reason a few texts per class, never one per message */
  tell(type: MessageType, reason: string, text: () => string): void {
    const known = this.told.get(type);
    if (known?.has(reason) === true) return;
    if (known === undefined) this.told.set(type, new Set([reason]));
    else known.add(reason);
    callSafely(() => logger.warn(`${nameOf(type)} is not cached: ${text()}`));
  }

  /** The next time it is told again. */
  forget(type: MessageType, reason: string): void {
    this.told.get(type)?.delete(reason);
  }
}
