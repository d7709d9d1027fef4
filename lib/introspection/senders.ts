import type { WiringEntry } from './wiring-entry.js';
import type {
  WiringDocument,
  WiringHandler,
  WiringLink,
  WiringMessage,
  WiringObserved,
  WiringSaga,
} from './wiring-document.js';
import { linksTo } from './observed.js';

/** Not a handler and not a saga of the document. */
export type SenderPart = WiringHandler | WiringSaga | undefined;

/** Connects what was seen with the parts of a document. */
export class Senders {
  private readonly parts: ReadonlyMap<string, WiringHandler | WiringSaga>;
  private readonly modules: ReadonlyMap<string, string>;

  constructor(
    private readonly document: WiringDocument,
    readonly observed: WiringObserved,
  ) {
    this.parts = new Map([...document.handlers, ...document.sagas].map(part => [part.id, part]));
    this.modules = new Map(document.modules.map(({ id, name }) => [id, name]));
  }

  /** The messages of entries; for a saga, its events. */
  messagesOf(entries: readonly WiringEntry[]): WiringMessage[] {
    return this.document.messages.filter(message => entries.some(entry => isOf(message, entry)));
  }

  /** Sent, but not in the document. */
  get unhandled(): string[] {
    const known = new Set(this.document.messages.map(({ id }) => id));
    return [...new Set(this.observed.links.map(({ to }) => to))].filter(id => !known.has(id));
  }

  linksTo(message: string): WiringLink[] {
    return linksTo(this.observed, message);
  }

  /** Whether an entry leads to what has sent a message. */
  isSentBy({ from }: WiringLink, { handler, module, kind, transport }: WiringEntry): boolean {
    const part = this.parts.get(from);
    if (part === undefined || transport !== undefined || (kind === 'saga') !== 'events' in part) return false;
    const owner = part.module === undefined ? undefined : this.modules.get(part.module);
    return part.name === handler && owner === module;
  }
}

/** Whether an entry is about a message. */
export const isOf = ({ kind, name }: Pick<WiringMessage, 'kind' | 'name'>, entry: WiringEntry): boolean =>
  entry.kind === 'saga'
    ? kind === 'event' && entry.message.split(', ').includes(name)
    : entry.message === name && (entry.kind === kind || entry.kind === 'any');
