import { Injectable } from '@nestjs/common';
import type { MessageType } from '../messages/message.js';
import { classRole, type ClassRole } from './class-role.js';
import { documentOf } from './document-of.js';
import { explain, nearestNames } from './explain.js';
import type { LinkCounts } from './link-counts.js';
import { dataOf, observedOf, type Observed, type ObservedOptions } from './observed.js';
import { Senders } from './senders.js';
import type { Seen } from './seen-messages.js';
import { withSources } from './source-locations.js';
import { NOTHING, type Survey } from './survey.js';
import type { WiringDocument, WiringObserved } from './wiring-document.js';
import type { WiringEntry, WiringTextOptions } from './wiring-entry.js';
import { wiringMermaid, type WiringDiagramOptions } from './wiring-mermaid.js';
import { wiringText } from './wiring-text.js';

/** What a document has. */
export interface WiringDocumentOptions extends ObservedOptions {
  /** File and line of every class, as V8 knows them. Default: true. */
  readonly sources?: boolean;
}

/** What an explanation has. */
export interface WiringExplainOptions extends ObservedOptions {
  /** Where a text says a message was not seen, such as the name of a file. Default: it names no place. */
  readonly observedIn?: string;
}

/** What a message passes, as data, text and diagram. */
@Injectable()
export class Wiring {
  private recorded: readonly WiringEntry[] = [];
  private unread: (() => readonly WiringEntry[]) | undefined;
  private unprovided: () => readonly string[] = () => [];
  private survey: () => Survey = () => NOTHING;

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
    survey: () => Survey = () => NOTHING,
  ): void {
    this.unread = typeof entries === 'function' ? entries : () => entries;
    this.unprovided = unprovided;
    this.survey = survey;
  }

  /**
   * All that is known of the wiring, as data in the form of `nestjs-cqrs/wiring.schema.json`. Sorted, the same for the
   * same code, but for what was observed: made to be committed and compared. Lines are those of TypeScript where the process loads source maps.
   */
  document({ sources = true, observed }: WiringDocumentOptions = {}): WiringDocument {
    const survey = this.survey();
    const document = sources ? withSources(sourceOf => documentOf(survey, sourceOf)) : documentOf(survey, undefined);
    return observed === undefined ? document : { ...document, observed: dataOf(observed) };
  }

  /**
   * Gives what was counted the ids of the document.
   * @internal
   */
  observed(since: Date, counts: LinkCounts): WiringObserved {
    return observedOf(this.survey(), since, counts);
  }

  /**
   * Why a message goes where it goes: its class, its handlers, each middleware with where it was declared and why it
   * stands there, routes, queues and sagas; and what does not get it although it may seem so. Names that several
   * messages have explain all of them.
   * With `observed` it also says who sent the message, and knows messages that were sent and have no handler.
   * @param message its class, or a name: of the class, of `@Message`, of a handler
   * @returns for an unknown name a text that says so, with names that resemble it
   */
  explain(message: MessageType | string, { observed, observedIn }: WiringExplainOptions = {}): string {
    const survey = this.survey();
    const seen = observed && { data: dataOf(observed), place: observedIn };
    return withSources(sourceOf => explain(survey, message, sourceOf, seen)) ?? unknown(String(message), survey, seen);
  }

  /** Whether `explain()` knows a name, with the same options. */
  knows(name: string, { observed, observedIn }: WiringExplainOptions = {}): boolean {
    const seen = observed && { data: dataOf(observed), place: observedIn };
    return explain(this.survey(), name, () => undefined, seen) !== undefined;
  }

  /**
   * What a class is to the application.
   * @internal
   */
  roleOf(type: MessageType): ClassRole {
    return classRole(this.survey(), type);
  }

  /** One line per entry: `CreateUser → AuditMiddleware → guard RolesGuard → CreateUserHandler (UsersModule)`. */
  toText(options: WiringTextOptions = {}): string {
    return wiringText(this.entries, this.notProvided, options, this.sendersIn(options.observed));
  }

  /**
   * A Mermaid flow chart; arrows name the middleware: as nodes, all ways would cross. Above 40 ways it is a map of the
   * modules with numbers; `module` and `message` give parts. It stays within what Mermaid draws, 500 arrows and 50,000
   * characters. Dashed arrows come from those that were observed to send a message, with the number of times, also to
   * messages that nothing handles.
   */
  toMermaid(options: WiringDiagramOptions = {}): string {
    return wiringMermaid(this.entries, options, this.sendersIn(options.observed));
  }

  /** The entries. */
  toJSON(): readonly WiringEntry[] {
    return this.entries;
  }

  toString(): string {
    return this.toText();
  }

  private sendersIn(observed: Observed | undefined): Senders | undefined {
    return observed && new Senders(this.document({ sources: false }), dataOf(observed));
  }
}

function unknown(name: string, survey: Survey, seen: Seen | undefined): string {
  const near = nearestNames(survey, name, seen);
  const hint = near.length === 0 ? '' : ` Did you mean ${near.join(' or ')}?`;
  return `"${name}" is not the name of a message or handler of this application.${hint}`;
}
