import { isDeepStrictEqual } from 'node:util';
import type { WiringDocument } from '../../index.js';
import { isFields, type Fields as Item } from './written-file.js';

/** What an item of each list is called, and what identifies it. */
export const LISTS: readonly (readonly [list: keyof WiringDocument, word: string, key: (item: Item) => string])[] = [
  ['modules', 'module', ({ id }) => String(id)],
  ['messages', 'message', ({ id }) => String(id)],
  ['handlers', 'handler', ({ id }) => String(id)],
  ['middleware', 'middleware', ({ id }) => String(id)],
  ['pipelines', 'pipeline', ({ message, handler }) => `${String(message)} → ${String(handler)}`],
  ['sagas', 'saga', ({ id }) => String(id)],
  ['routes', 'route', ({ message, to }) => `${String(message)} → ${String(to)}`],
  ['exposures', 'exposure', ({ server }) => String(server)],
  ['queues', 'queue', ({ name }) => String(name)],
  ['schedules', 'schedule', ({ name }) => String(name)],
  ['problems', 'problem', ({ code, what }) => `${String(code)}: ${String(what)}`],
  ['unseen', 'unseen', ({ provider }) => String(provider)],
];

/** One line for each item that is new, gone or changed. Lines of code do not count: each edit moves them. */
export const differences = (before: WiringDocument, now: WiringDocument): string[] =>
  LISTS.flatMap(([list, word, key]) => {
    const [old, fresh] = [before, now].map(document =>
      keyed((document[list] ?? []) as unknown as readonly Item[], key),
    );
    return [...new Set([...old!.keys(), ...fresh!.keys()])].toSorted().flatMap(id => {
      const [was, is] = [old!.get(id), fresh!.get(id)];
      if (was === undefined) return [`  + ${word} ${id}${place(is)}`];
      if (is === undefined) return [`  - ${word} ${id}${place(was)}`];
      return isDeepStrictEqual(was, is) ? [] : [`  ~ ${word} ${id}`, ...changes(was, is)];
    });
  });

function keyed(items: readonly Item[], key: (item: Item) => string): Map<string, Item> {
  const all = new Map<string, Item>();
  for (const item of items) {
    const name = key(item);
    all.set(all.has(name) ? `${name} (${all.size})` : name, withoutLine(item));
  }
  return all;
}

function withoutLine(item: Item): Item {
  const source = item['source'];
  return isFields(source) ? { ...item, source: source['file'] } : item;
}

const place = (item: Item | undefined): string => (typeof item?.['source'] === 'string' ? `   ${item['source']}` : '');

const changes = (was: Item, is: Item): string[] =>
  [...new Set([...Object.keys(was), ...Object.keys(is)])]
    .filter(field => !isDeepStrictEqual(was[field], is[field]))
    .map(field => `      ${field}: ${shown(was[field], is[field])} → ${shown(is[field], was[field])}`);

/** Lists of middleware by name, unless only their reasons differ. */
function shown(value: unknown, other: unknown): string {
  if (value === undefined) return 'none';
  if (typeof value === 'string') return value;
  const [names, others] = [namesOf(value), namesOf(other)];
  if (names !== undefined && names !== others) return names;
  return JSON.stringify(value);
}

const namesOf = (value: unknown): string | undefined =>
  Array.isArray(value) && value.every(isLayer) ? value.map(({ id }) => id).join(', ') || 'none' : undefined;

const isLayer = (value: unknown): value is { readonly id: string } =>
  typeof value === 'object' && value !== null && 'id' in value && 'declaredAt' in value;
