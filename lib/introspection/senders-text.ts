import type { Senders } from './senders.js';
import type { WiringEntry } from './wiring-entry.js';

/**
 * Who sent each message of the entries.
 * @param isPart the entries are not all
 */
export function sendersText(senders: Senders, entries: readonly WiringEntry[], isPart: boolean): string[] {
  const shown = [
    ...senders.messagesOf(entries).map(({ id }) => id),
    ...(isPart ? [] : senders.unhandled.map(id => id)),
  ];
  const { since, missed } = senders.observed;
  const width = Math.max(...shown.map(id => id.length));
  const unhandled = new Set(senders.unhandled);
  return [
    `Sent by, since ${since}`,
    ...shown.map(id => {
      const links = senders.linksTo(id);
      const text = links.map(({ from, count }) => `${from} (${count})`).join(', ') || 'never seen';
      return `  ${id.padEnd(width)} ← ${text}${unhandled.has(id) ? '; no handler and no saga names it' : ''}`;
    }),
    ...(missed === undefined || isPart ? [] : [`  and ${missed} messages of more pairs than are counted`]),
  ];
}
