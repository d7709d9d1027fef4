import { SurveyNames } from './document-of.js';
import { sortedBy } from './identifiers.js';
import type { LinkCounts, Sender } from './link-counts.js';
import { nameOfSender } from './link-probe.js';
import type { Survey } from './survey.js';
import type { WiringLink, WiringObserved } from './wiring-document.js';

/** What was seen: `ObservedLinks`, or data of one that was written to a file. */
export type Observed = WiringObserved | { toJSON(): WiringObserved };

/** What was seen, as part of options. */
export interface ObservedOptions {
  /** Who sent what: an `ObservedLinks`, or what `collectLinks()` wrote. Default: it is left out. */
  readonly observed?: Observed | undefined;
}

export const dataOf = (observed: Observed): WiringObserved => ('toJSON' in observed ? observed.toJSON() : observed);

/** Names senders and messages as the document of the wiring does. */
export function observedOf(survey: Survey, since: Date, counts: LinkCounts): WiringObserved {
  const names = new SurveyNames(survey);
  const ids = new Map<Sender, string>([
    ...survey.handlers.map(handler => [handler.identity, names.handler(handler)] as const),
    ...survey.sagas.map(saga => [saga.identity, names.saga(saga)] as const),
  ]);
  const links = counts.all.flatMap(({ kind, type, senders }) => {
    const to = names.messages.idOfSent(type, kind);
    return [...senders].map(([sender, count]) => ({ from: ids.get(sender) ?? nameOfSender(sender), to, count }));
  });
  return {
    since: since.toISOString(),
    links: sortedLinks(links),
    ...(counts.missed > 0 && { missed: counts.missed }),
  };
}

/** One for each pair. */
function sortedLinks(links: readonly WiringLink[]): WiringLink[] {
  const byPair = new Map<string, WiringLink>();
  for (const { from, to, count } of links) {
    const key = `${to} ${from}`;
    byPair.set(key, { from, to, count: count + (byPair.get(key)?.count ?? 0) });
  }
  return sortedBy([...byPair.values()], ({ from, to }) => `${to} ${from}`);
}

/** The most frequent first. */
export const linksTo = ({ links }: WiringObserved, message: string): WiringLink[] =>
  links.filter(({ to }) => to === message).toSorted((one, other) => other.count - one.count);

/** `3 times`. */
export const timesOf = (count: number): string => (count === 1 ? 'once' : `${count} times`);
