import { sendersText } from './senders-text.js';
import type { Senders } from './senders.js';
import type { WiringEntry, WiringTextOptions } from './wiring-entry.js';

const PROPAGATION = ['propagateContext', 'propagateToRows'];

const HEADINGS: readonly (readonly [WiringEntry['kind'], string])[] = [
  ['command', 'Commands'],
  ['query', 'Queries'],
  ['event', 'Events'],
  ['any', 'Elsewhere'],
  ['saga', 'Sagas'],
];

/** One line per entry, by kind. */
export function wiringText(
  entries: readonly WiringEntry[],
  notProvided: readonly string[],
  options: WiringTextOptions,
  senders?: Senders,
): string {
  const { only = () => true } = options;
  const sections = HEADINGS.flatMap(([kind, heading]) => {
    const ofKind = entries.filter(entry => entry.kind === kind && only(entry));
    const width = Math.max(...ofKind.map(({ message }) => message.length));
    return ofKind.length > 0 ? [heading, ...ofKind.map(entry => `  ${line(entry, width, options)}`)] : [];
  });
  const missing = options.notProvided === true ? notProvided : [];
  const sent = senders === undefined ? [] : sendersText(senders, entries.filter(only), options.only);
  return [
    ...sections,
    ...sent,
    ...(missing.length > 0 ? ['Not provided', ...missing.map(name => `  ${name}`)] : []),
  ].join('\n');
}

const line = (entry: WiringEntry, width: number, options: WiringTextOptions): string =>
  [entry.message.padEnd(width), ...aroundHandler(entry, options), handlerOf(entry)].join(' → ');

/** Middleware and enhancers of an entry. */
export const aroundHandler = (
  { middleware, enhancers = [], schema }: WiringEntry,
  { propagation = false }: WiringTextOptions,
): string[] => [
  ...middleware
    .filter(name => propagation || !PROPAGATION.includes(name))
    .map(name => (schema !== undefined && name.startsWith('validation') ? `${name} (${schema})` : name)),
  ...enhancers,
];

/** The handler of an entry, with its module, its queue and the servers that expose it. */
export const handlerOf = ({ handler, module, transport, exposed = [], queue }: WiringEntry): string => {
  const owner = transport ?? module;
  const named = owner === undefined ? handler : `${handler} (${owner})`;
  const stored = queue === undefined ? named : `${named}, queue ${queue}`;
  return exposed.length === 0 ? stored : `${stored}, exposed on ${exposed.join(', ')}`;
};
