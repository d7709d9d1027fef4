import { lineage } from '../messages/inspect-message.js';
import type { MessageKind, MessageType } from '../messages/message.js';
import type { CheckedHandler } from './handler-checks.js';

/** Handlers of one kind, by what they handle: a search through all of them for each command takes longer the more there are. */
export class HandlersByType {
  private readonly byType = new Map<MessageType, CheckedHandler>();
  /** Of the list, whose end alone grows. */
  private read = 0;

  constructor(
    private readonly kind: MessageKind,
    private readonly handlers: () => readonly CheckedHandler[],
  ) {}

  /** The nearest of the class and those that it extends, as the bus finds it. */
  of(type: MessageType): CheckedHandler | undefined {
    this.readNew();
    for (const ancestor of lineage(type)) {
      const found = this.byType.get(ancestor);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  private readNew(): void {
    const all = this.handlers();
    for (; this.read < all.length; this.read++) {
      const handler = all[this.read]!;
      if (handler.declaration.kind !== this.kind) continue;
      for (const type of handler.types) if (!this.byType.has(type)) this.byType.set(type, handler);
    }
  }
}
