import { MESSAGE_KINDS } from '../messages/message.js';
import { Chart, fits, type ChartNode } from './chart.js';
import { sortedBy } from './identifiers.js';
import type { ObservedOptions } from './observed.js';
import { partsOfId } from './seen-messages.js';
import { isOf, type Senders } from './senders.js';
import type { WiringLink } from './wiring-document.js';
import type { WiringEntry, WiringTextOptions } from './wiring-entry.js';
import { aroundHandler, handlerOf } from './wiring-text.js';

/** Which part of the wiring a diagram shows. */
export interface WiringDiagramOptions extends Pick<WiringTextOptions, 'propagation'>, ObservedOptions {
  /** The ways of one module. */
  readonly module?: string;
  /** One message and what is near. */
  readonly message?: string;
  /** Arrows from `message`; 2 shows what its handlers handle besides. Default: 1. */
  readonly depth?: number;
}

/** More ways make a map of modules: Mermaid draws at most 500 arrows, and a reader finds nothing in fewer. */
const MOST_WAYS = 40;

/**
 * A Mermaid flow chart; arrows name the middleware: as nodes, all ways would cross. Handlers of several modules have
 * a frame for each, messages of several kinds a border for each, where they fit in.
 * @param senders dashed arrows from them, if they fit in
 */
export function wiringMermaid(
  entries: readonly WiringEntry[],
  options: WiringDiagramOptions,
  senders?: Senders,
): string {
  const { module, message, depth = 1 } = options;
  const ofModule = module === undefined ? entries : entries.filter(entry => ownerOf(entry) === module);
  const chosen = message === undefined ? ofModule : near(ofModule, message, depth);
  const isPart = module !== undefined || message !== undefined;
  if (isPart || chosen.length <= MOST_WAYS) {
    const ways = waysOf(chosen, options);
    if (senders !== undefined) {
      sendersOf(chosen, entries, senders, ways);
      unhandledOf(options, entries, senders, ways);
    }
    const charts = senders === undefined ? [ways] : [ways, waysOf(chosen, options)];
    const fitting = charts.flatMap(({ decorated, text }) => [decorated, text]).find(fits);
    if (fitting !== undefined) return fitting;
  }
  const counted = module === undefined ? chosen : byHandler(chosen);
  const unhandled = isPart ? [] : (senders?.unhandled ?? []);
  const map = mapOf(counted, unhandled);
  return fits(map) ? map : foldedMap(counted, unhandled);
}

/** The module, the process of a route, or a heading for functions. */
const ownerOf = ({ transport, handler, module }: WiringEntry): string =>
  transport === undefined ? (module ?? 'functions') : `${handler} (${transport})`;

function waysOf(entries: readonly WiringEntry[], options: WiringDiagramOptions): Chart {
  const chart = new Chart();
  for (const entry of entries) {
    const around = aroundHandler(entry, options);
    const handler = ['handler', handlerOf(entry)] as const;
    chart.connect([entry.kind, entry.message], handler, around.join(' → '));
    chart.frame(ownerOf(entry), handler);
  }
  return chart;
}

/** Dashed arrows to the messages that are shown, also from handlers that are not. */
function sendersOf(shown: readonly WiringEntry[], all: readonly WiringEntry[], senders: Senders, chart: Chart): void {
  for (const message of senders.messagesOf(shown)) {
    const targets = shown.filter(entry => isOf(message, entry)).map(({ kind, message: name }) => `${kind} ${name}`);
    for (const link of senders.linksTo(message.id)) {
      const sender = all.find(entry => senders.isSentBy(link, entry));
      const from = senderNode(link, sender);
      for (const target of new Set(targets)) {
        const [kind] = target.split(' ', 1);
        chart.connectDashed(from, [kind!, target.slice(kind!.length + 1)], String(link.count));
      }
    }
  }
}

/** Dashed arrows to the messages that were sent, and that nothing handles. */
function unhandledOf(
  { module, message }: WiringDiagramOptions,
  all: readonly WiringEntry[],
  senders: Senders,
  chart: Chart,
): void {
  for (const id of senders.unhandled) {
    const { kind, name } = partsOfId(id);
    if (message !== undefined && name !== message) continue;
    for (const link of senders.linksTo(id)) {
      const sender = all.find(entry => senders.isSentBy(link, entry));
      if (module !== undefined && (sender === undefined || ownerOf(sender) !== module)) continue;
      chart.connectDashed(senderNode(link, sender), [kind, name], String(link.count));
    }
  }
}

const senderNode = ({ from }: WiringLink, sender: WiringEntry | undefined): ChartNode =>
  sender === undefined ? ['sender', from] : ['handler', handlerOf(sender)];

/** The map of modules: how many messages of each kind go where; dashed to none. */
function mapOf(entries: readonly WiringEntry[], unhandled: readonly string[]): string {
  const chart = new Chart();
  const counts = new Map<string, { kind: string; owner: string; count: number }>();
  for (const entry of entries) {
    const owner = ownerOf(entry);
    const key = `${entry.kind} ${owner}`;
    const present = counts.get(key) ?? { kind: entry.kind, owner, count: 0 };
    present.count += 1;
    counts.set(key, present);
  }
  for (const { kind, owner, count } of sortedBy([...counts.values()], ({ kind, owner }) => `${owner} ${kind}`))
    chart.connect(['kind', PLURALS[kind as WiringEntry['kind']]], ['module', owner], String(count));
  for (const kind of MESSAGE_KINDS) {
    const { length } = unhandled.filter(id => partsOfId(id).kind === kind);
    if (length > 0) chart.connectDashed(['kind', PLURALS[kind]], ['nothing', 'no handler'], String(length));
  }
  return chart.text;
}

/** A module with hundreds of ways: its handlers take the place of modules. */
const byHandler = (entries: readonly WiringEntry[]): WiringEntry[] =>
  entries.map(({ kind, message, handler }) => ({ kind, message, middleware: [], handler, module: classOf(handler) }));

/** Hundreds of modules or handlers: the largest by name, the others as one. */
function foldedMap(entries: readonly WiringEntry[], unhandled: readonly string[]): string {
  const sizes = new Map<string, number>();
  for (const entry of entries) sizes.set(ownerOf(entry), (sizes.get(ownerOf(entry)) ?? 0) + 1);
  const largest = [...sizes]
    .toSorted(([, a], [, b]) => b - a)
    .slice(0, 80)
    .map(([owner]) => owner);
  const others = `${sizes.size - largest.length} more`;
  return mapOf(
    entries.map(entry => {
      const owner = ownerOf(entry);
      return {
        kind: entry.kind,
        message: entry.message,
        middleware: [],
        handler: '',
        module: largest.includes(owner) ? owner : others,
      };
    }),
    unhandled,
  );
}

/** What is at most so many arrows away from a message. */
function near(entries: readonly WiringEntry[], message: string, depth: number): WiringEntry[] {
  const messages = new Set([message]);
  const handlers = new Set<string>();
  let chosen: WiringEntry[] = [];
  for (let arrows = 0; arrows < depth; arrows++) {
    chosen = entries.filter(
      entry => eachMessage(entry).some(name => messages.has(name)) || handlers.has(classOf(entry.handler)),
    );
    for (const entry of chosen) {
      for (const name of eachMessage(entry)) messages.add(name);
      handlers.add(classOf(entry.handler));
    }
  }
  return chosen;
}

/** A saga may want several events. */
const eachMessage = ({ message }: WiringEntry): string[] => message.split(', ');

const classOf = (handler: string): string => handler.split('.')[0]!;

const PLURALS: Readonly<Record<WiringEntry['kind'], string>> = {
  command: 'commands',
  query: 'queries',
  event: 'events',
  saga: 'events of sagas',
  any: 'messages of any kind',
};
