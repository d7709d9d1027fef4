import { partsOfId } from './seen-messages.js';
import type { Senders } from './senders.js';
import type { WiringEntry } from './wiring-entry.js';

/**
 * Who sent each message of the entries, and each that nothing handles.
 * @param only leaves messages out; default: none
 */
export function sendersText(
  senders: Senders,
  entries: readonly WiringEntry[],
  only: ((entry: WiringEntry) => boolean) | undefined,
): string[] {
  const unhandled = senders.unhandled.filter(id => only?.(unhandledEntry(id)) ?? true);
  const shown = [...senders.messagesOf(entries).map(({ id }) => id), ...unhandled];
  const { since, missed } = senders.observed;
  const width = Math.max(...shown.map(id => id.length));
  return [
    `Sent by, since ${since}`,
    ...shown.map(id => {
      const links = senders.linksTo(id);
      const text = links.map(({ from, count }) => `${from} (${count})`).join(', ') || 'never seen';
      return `  ${id.padEnd(width)} ← ${text}${unhandled.includes(id) ? '; no handler and no saga names it' : ''}`;
    }),
    ...(missed === undefined || only !== undefined ? [] : [`  and ${missed} messages of more pairs than are counted`]),
  ];
}

/** As an entry, for who chooses entries: it has no handler. */
const unhandledEntry = (id: string): WiringEntry => {
  const { kind, name } = partsOfId(id);
  return { kind, message: name, middleware: [], handler: '' };
};
