import { Injectable } from '@nestjs/common';
import type { MessageKind } from '../messages/message.js';

/** One way of a message, as it was put together at start. */
export interface WiringEntry {
  /** Kind of the message; `saga` for what turns events into commands. */
  readonly kind: MessageKind | 'saga';
  /** Name of the message type; for a saga the events it names, or `*` where it reads the whole stream. */
  readonly message: string;
  /** Names of the middleware, outermost first. */
  readonly middleware: readonly string[];
  /** Class, or class and method, of the handler. */
  readonly handler: string;
  /** Class name of the module that provides it; undefined for functions registered at run time. */
  readonly module?: string | undefined;
}

const HEADINGS: readonly (readonly [WiringEntry['kind'], string])[] = [
  ['command', 'Commands'],
  ['query', 'Queries'],
  ['event', 'Events'],
  ['saga', 'Sagas'],
];

/** Which message goes through which middleware to which handler of which module, as data, text and diagram. */
@Injectable()
export class Wiring {
  private recorded: readonly WiringEntry[] = [];
  private unread: (() => readonly WiringEntry[]) | undefined;

  /** Every way, in the order of modules and providers; empty until the application has been wired. */
  get entries(): readonly WiringEntry[] {
    if (this.unread) this.recorded = this.unread();
    this.unread = undefined;
    return this.recorded;
  }

  /** Keeps what has been put together, in place of what was before; a function is called when somebody asks. */
  record(entries: readonly WiringEntry[] | (() => readonly WiringEntry[])): void {
    this.unread = typeof entries === 'function' ? entries : () => entries;
  }

  /** A list for people, one line a way: `CreateUser → AuditMiddleware → CreateUserHandler (UsersModule)`. */
  toText(): string {
    return HEADINGS.flatMap(([kind, heading]) => {
      const entries = this.entries.filter(entry => entry.kind === kind);
      const width = Math.max(...entries.map(({ message }) => message.length));
      return entries.length > 0 ? [heading, ...entries.map(entry => `  ${line(entry, width)}`)] : [];
    }).join('\n');
  }

  /**
   * A flow chart in the language of Mermaid: an arrow from each message to its handler, which names the middleware.
   * As nodes of their own, middleware would be where all ways cross.
   */
  toMermaid(): string {
    const identifiers = new Map<string, string>();
    const node = (role: string, label: string) => {
      const key = `${role} ${label}`;
      if (!identifiers.has(key)) identifiers.set(key, `n${identifiers.size}`);
      return `${identifiers.get(key)!}["${escaped(label)}"]`;
    };
    const ways = this.entries.map(entry => {
      const { kind, message, middleware } = entry;
      const arrow = middleware.length > 0 ? `-->|"${escaped(middleware.join(' → '))}"|` : '-->';
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

/** The names of the messages are filled up to one width, so that what follows them stands in a column. */
const line = (entry: WiringEntry, width: number): string =>
  [entry.message.padEnd(width), ...entry.middleware, handlerOf(entry)].join(' → ');

const handlerOf = ({ handler, module }: WiringEntry): string =>
  module === undefined ? handler : `${handler} (${module})`;

const escaped = (label: string): string => label.replaceAll('"', '#quot;');
