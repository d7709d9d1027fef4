import { Injectable } from '@nestjs/common';
import type { MessageKind } from '../messages/message.js';

/** One message's way to a handler. */
export interface WiringEntry {
  /** `saga` turns events into commands; `any` is a route whose kind the first message tells. */
  readonly kind: MessageKind | 'saga' | 'any';
  /** For a saga its events, or `*` for the whole stream. */
  readonly message: string;
  /** Library of its schema, such as `zod`. */
  readonly schema?: string;
  /** Outermost first; a time limit as `timeLimit(5000)`. */
  readonly middleware: readonly string[];
  /** Nest's guards, interceptors, pipes and filters: `guard RolesGuard`. */
  readonly enhancers?: readonly string[];
  readonly handler: string;
  /** Undefined for functions registered at run time. */
  readonly module?: string | undefined;
  /** What carries the message to another process, as `tcp`; the handler is the name of that process. */
  readonly transport?: string;
  /** Servers on which other processes may send it, as `billing (tcp)`. */
  readonly exposed?: readonly string[];
  /** Where messages wait for it, as `bookkeeping (pg-boss)`. */
  readonly queue?: string;
}

/** What a text or diagram shows. */
export interface WiringTextOptions {
  /** Shows the middleware that `propagateContext` adds everywhere. Default: false. */
  readonly propagation?: boolean;
  /** Lists handler classes declared in this process but not provided. Default: false. */
  readonly notProvided?: boolean;
}

const PROPAGATION = ['propagateContext', 'propagateToRows'];

const HEADINGS: readonly (readonly [WiringEntry['kind'], string])[] = [
  ['command', 'Commands'],
  ['query', 'Queries'],
  ['event', 'Events'],
  ['any', 'Elsewhere'],
  ['saga', 'Sagas'],
];

/** What a message passes, as data, text and diagram. */
@Injectable()
export class Wiring {
  private recorded: readonly WiringEntry[] = [];
  private unread: (() => readonly WiringEntry[]) | undefined;
  private unprovided: () => readonly string[] = () => [];

  /** In the order of modules and providers; empty before wiring. */
  get entries(): readonly WiringEntry[] {
    if (this.unread) this.recorded = this.unread();
    this.unread = undefined;
    return this.recorded;
  }

  /** Handler classes declared but not provided. */
  get notProvided(): readonly string[] {
    return this.unprovided();
  }

  /** Replaces the record; functions run when it is read. */
  record(
    entries: readonly WiringEntry[] | (() => readonly WiringEntry[]),
    unprovided: () => readonly string[] = () => [],
  ): void {
    this.unread = typeof entries === 'function' ? entries : () => entries;
    this.unprovided = unprovided;
  }

  /** One line per entry: `CreateUser → AuditMiddleware → guard RolesGuard → CreateUserHandler (UsersModule)`. */
  toText(options: WiringTextOptions = {}): string {
    const sections = HEADINGS.flatMap(([kind, heading]) => {
      const entries = this.entries.filter(entry => entry.kind === kind);
      const width = Math.max(...entries.map(({ message }) => message.length));
      return entries.length > 0 ? [heading, ...entries.map(entry => `  ${line(entry, width, options)}`)] : [];
    });
    const missing = options.notProvided === true ? this.notProvided : [];
    return [...sections, ...(missing.length > 0 ? ['Not provided', ...missing.map(name => `  ${name}`)] : [])].join(
      '\n',
    );
  }

  /** A Mermaid flow chart; arrows name the middleware: as nodes, all ways would cross. */
  toMermaid(options: Pick<WiringTextOptions, 'propagation'> = {}): string {
    const identifiers = new Map<string, string>();
    const node = (role: string, label: string) => {
      const key = `${role} ${label}`;
      if (!identifiers.has(key)) identifiers.set(key, `n${identifiers.size}`);
      return `${identifiers.get(key)!}["${escaped(label)}"]`;
    };
    const ways = this.entries.map(entry => {
      const { kind, message } = entry;
      const around = aroundHandler(entry, options);
      const arrow = around.length > 0 ? `-->|"${escaped(around.join(' → '))}"|` : '-->';
      return `  ${node(kind, message)} ${arrow} ${node('handler', handlerOf(entry))}`;
    });
    return ['flowchart LR', ...ways].join('\n');
  }

  /** The entries. */
  toJSON(): readonly WiringEntry[] {
    return this.entries;
  }

  toString(): string {
    return this.toText();
  }
}

const line = (entry: WiringEntry, width: number, options: WiringTextOptions): string =>
  [entry.message.padEnd(width), ...aroundHandler(entry, options), handlerOf(entry)].join(' → ');

const aroundHandler = (
  { middleware, enhancers = [], schema }: WiringEntry,
  { propagation = false }: WiringTextOptions,
): string[] => [
  ...middleware
    .filter(name => propagation || !PROPAGATION.includes(name))
    .map(name => (schema !== undefined && name.startsWith('validation') ? `${name} (${schema})` : name)),
  ...enhancers,
];

const handlerOf = ({ handler, module, transport, exposed = [], queue }: WiringEntry): string => {
  const owner = transport ?? module;
  const named = owner === undefined ? handler : `${handler} (${owner})`;
  const stored = queue === undefined ? named : `${named}, queue ${queue}`;
  return exposed.length === 0 ? stored : `${stored}, exposed on ${exposed.join(', ')}`;
};

const escaped = (label: string): string => label.replaceAll('"', '#quot;');
