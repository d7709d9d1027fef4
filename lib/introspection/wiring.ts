import { Injectable } from '@nestjs/common';
import type { MessageKind } from '../messages/message.js';

/** One way of a message, as it was put together at start. */
export interface WiringEntry {
  /** Kind of the message; `saga` for what turns events into commands. */
  readonly kind: MessageKind | 'saga';
  /** Name of the message type; for a saga the events it names, or `*` where it reads the whole stream. */
  readonly message: string;
  /** Which library the schema is of that `@Validate` or `static schema` gave the message, such as `zod`. */
  readonly schema?: string;
  /** Names of the middleware, outermost first; a time limit as `timeLimit(5000)`. */
  readonly middleware: readonly string[];
  /** Nest's guards, interceptors, pipes and filters around the handler: `guard RolesGuard`. */
  readonly enhancers?: readonly string[];
  /** Class, or class and method, of the handler. */
  readonly handler: string;
  /** Class name of the module that provides it; undefined for functions registered at run time. */
  readonly module?: string | undefined;
}

/** What a text or a diagram of the wiring shows. */
export interface WiringTextOptions {
  /** Whether the middleware is shown that `propagateContext` puts around everything. Default: false. */
  readonly propagation?: boolean;
  /** Whether handler classes are listed that are declared in this process and not provided by the application. Default: false. */
  readonly notProvided?: boolean;
}

/** The middleware that `propagateContext` puts around everything. */
const PROPAGATION = ['propagateContext', 'propagateToRows'];

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
  private unprovided: () => readonly string[] = () => [];

  /** Every way, in the order of modules and providers; empty until the application has been wired. */
  get entries(): readonly WiringEntry[] {
    if (this.unread) this.recorded = this.unread();
    this.unread = undefined;
    return this.recorded;
  }

  /** Handler classes that are declared in this process and not provided by the application, by name. */
  get notProvided(): readonly string[] {
    return this.unprovided();
  }

  /**
   * Keeps what has been put together, in place of what was before; functions are called when the wiring is read.
   * @param entries every way
   * @param unprovided names handler classes that are declared but not provided
   */
  record(
    entries: readonly WiringEntry[] | (() => readonly WiringEntry[]),
    unprovided: () => readonly string[] = () => [],
  ): void {
    this.unread = typeof entries === 'function' ? entries : () => entries;
    this.unprovided = unprovided;
  }

  /**
   * A list for people, one line per way: `CreateUser → AuditMiddleware → guard RolesGuard → CreateUserHandler (UsersModule)`.
   * @param options what else is shown
   */
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

  /**
   * A flow chart in the language of Mermaid: an arrow from each message to its handler, which names the middleware.
   * As nodes of their own, middleware would be where all ways cross.
   * @param options what else is shown
   */
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

/** The names of the messages are filled up to one width, so that what follows them stands in a column. */
const line = (entry: WiringEntry, width: number, options: WiringTextOptions): string =>
  [entry.message.padEnd(width), ...aroundHandler(entry, options), handlerOf(entry)].join(' → ');

/** What a message passes on its way to the handler; of a validation also by which schemas. */
const aroundHandler = (
  { middleware, enhancers = [], schema }: WiringEntry,
  { propagation = false }: WiringTextOptions,
): string[] => [
  ...middleware
    .filter(name => propagation || !PROPAGATION.includes(name))
    .map(name => (schema !== undefined && name.startsWith('validation') ? `${name} (${schema})` : name)),
  ...enhancers,
];

const handlerOf = ({ handler, module }: WiringEntry): string =>
  module === undefined ? handler : `${handler} (${module})`;

const escaped = (label: string): string => label.replaceAll('"', '#quot;');
