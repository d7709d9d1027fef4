import type { HandlerIdentity } from '../context/handler-identity.js';
import type { MessageKind, MessageType } from '../messages/message.js';

/** A handler or saga; a text for what is neither. */
export type Sender = HandlerIdentity | string;

/** A class of messages that were sent as one kind. */
export interface SentMessages {
  readonly kind: MessageKind;
  readonly type: MessageType;
  readonly senders: Map<Sender, number>;
}

/** An application has a few hundred; names that are made per request must not fill the memory. */
const MOST_PAIRS = 10_000;

/** How often which sender sent which message. Holds classes and names, never a message. */
export class LinkCounts {
  /** Messages of further pairs. */
  missed = 0;
  private pairs = 0;
  /** Without those that were never sent. */
  private readonly counted = new Set<SentMessages>();
  private readonly byType = new WeakMap<MessageType, Map<MessageKind, SentMessages>>();

  constructor(private readonly most = MOST_PAIRS) {}

  /** The same for the same class and kind. */
  of(kind: MessageKind, type: MessageType): SentMessages {
    let kinds = this.byType.get(type);
    if (kinds === undefined) this.byType.set(type, (kinds = new Map<MessageKind, SentMessages>()));
    let sent = kinds.get(kind);
    if (sent === undefined) kinds.set(kind, (sent = { kind, type, senders: new Map<Sender, number>() }));
    return sent;
  }

  count(sent: SentMessages, sender: Sender): void {
    const before = sent.senders.get(sender);
    if (before === undefined && this.pairs === this.most) {
      this.missed += 1;
      return;
    }
    if (before === undefined) {
      this.pairs += 1;
      this.counted.add(sent);
    }
    sent.senders.set(sender, (before ?? 0) + 1);
  }

  get all(): readonly SentMessages[] {
    return [...this.counted];
  }
}
