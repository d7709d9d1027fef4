import type { MessageKind } from '../messages/message.js';

/** Names the form of the document; additions keep it. */
export const WIRING_SCHEMA = 'nestjs-cqrs/wiring@1';

/** A place in the code, relative to the working directory. */
export interface Source {
  readonly file: string;
  readonly line: number;
}

/** A module of Nest that holds a handler, a saga or a middleware. */
export interface WiringModule {
  readonly id: string;
  readonly name: string;
  readonly source?: Source;
}

/** A class of messages. */
export interface WiringMessage {
  /** `command:CreateUser`. */
  readonly id: string;
  /** `any` where neither class nor handler tells it, as of a routed plain class. */
  readonly kind: MessageKind | 'any';
  /** Name of its class. */
  readonly name: string;
  /** What `@Message` says. */
  readonly wire?: { readonly name: string; readonly version: number; readonly aliases: readonly string[] };
  /** Classes that it extends, nearest first, without those of this library. */
  readonly bases: readonly string[];
  /** Library of its schema, such as `zod`. */
  readonly schema?: string;
  /** It answers with rows. */
  readonly rows?: true;
  readonly source?: Source;
}

/** Nest's enhancers of a handler, by class. */
export interface WiringEnhancers {
  readonly guards: readonly string[];
  readonly interceptors: readonly string[];
  readonly pipes: readonly string[];
  readonly filters: readonly string[];
}

/** What handles messages. */
export interface WiringHandler {
  /** `UsersModule/Users.create`. */
  readonly id: string;
  readonly name: string;
  readonly module?: string;
  readonly form: 'class' | 'method' | 'function';
  /** As declared: a singleton that injects something request-scoped is made per dispatch nevertheless. */
  readonly scope: 'singleton' | 'request' | 'durable' | 'transient';
  readonly handles: readonly string[];
  readonly enhancers?: WiringEnhancers;
  /** Its own time limit in milliseconds, by `@Timeout`. */
  readonly timeout?: number;
  /**
   * When it gets an event that is published in a unit of work: within the transaction, after the commit, or from a
   * queue. Left out where the application has neither.
   */
  readonly phase?: 'in transaction' | 'after commit' | 'durable';
  readonly source?: Source;
}

/** A middleware. */
export interface WiringMiddleware {
  readonly id: string;
  readonly name: string;
  readonly form: 'class' | 'instance' | 'function';
  readonly module?: string;
  /** The option or decorator of this library that adds it. */
  readonly builtIn?:
    | 'timeout'
    | 'strict'
    | 'propagateContext'
    | 'validation'
    | 'transactional'
    | 'idempotent'
    | 'sequential'
    | 'touches'
    | 'cached';
  readonly source?: Source;
}

/** A middleware around one handler. */
export interface WiringLayer {
  readonly id: string;
  /** `forRoot.middleware[0]`, `@Middleware on Audit`, `@UseMiddleware on CreateUser`. */
  readonly declaredAt: string;
  /** Why it stands where it stands. */
  readonly because: string;
}

/** The way of one message to one handler. */
export interface WiringPipeline {
  readonly message: string;
  readonly handler: string;
  /** The nearest time limit of all its middleware, in milliseconds. */
  readonly timeout?: number;
  /** Of a query: how its answers are kept. */
  readonly cached?: WiringCached;
  /** Of a command or event: the tags that it touches, as `user:{userId}`; left out where it touches none, or they cannot be told. */
  readonly touches?: readonly string[];
  /** Outermost first. */
  readonly middleware: readonly WiringLayer[];
}

/** What `@Cached` says. */
export interface WiringCached {
  /** In milliseconds. */
  readonly ttl: number;
  /** In milliseconds. */
  readonly grace?: number;
  /** As `user:{userId}`; left out where they cannot be told. */
  readonly tags?: readonly string[];
  /** Headers on which answers depend. */
  readonly vary: readonly string[];
}

/** A saga. */
export interface WiringSaga {
  readonly id: string;
  readonly name: string;
  readonly module?: string;
  /** `event` is called with each event, the others get the stream of all. */
  readonly form: 'event' | 'stream' | 'generator';
  readonly events: readonly string[] | '*';
  readonly source?: Source;
}

/** Messages that another process handles. */
export interface WiringRoute {
  /** A message, or a pattern of names as `billing.*`. */
  readonly message: string;
  /** The process. */
  readonly to: string;
  readonly engine: string;
  /** Milliseconds that an answer is awaited. */
  readonly timeout: number;
  /** Events are stored, and sent until they are taken. */
  readonly durable: boolean;
  /** Middleware where the message leaves, outermost first. */
  readonly middleware: readonly WiringLayer[];
}

/** Messages that other processes may send. */
export interface WiringExposure {
  readonly server: string;
  readonly engine: string;
  readonly messages: readonly string[];
}

/** Where stored messages wait. */
export interface WiringQueue {
  readonly name: string;
  readonly engine: string;
  /** What waits in it: a command, the events of a handler, or the events for another process. */
  readonly holds: 'commands' | 'events' | 'relay';
  readonly messages: readonly string[];
  /** Of events: the handler that gets them. */
  readonly handler?: string;
  /** Messages with one key are handled in order. */
  readonly ordered: boolean;
  /** Messages that one process handles at a time. */
  readonly concurrency: number;
  /** Attempts after the first. */
  readonly retries: number;
  /** False if another process takes them. */
  readonly handledHere: boolean;
}

/** A command that is stored again and again. */
export interface WiringSchedule {
  readonly name: string;
  readonly message: string;
  readonly cron: string;
  readonly timeZone: string;
}

/** A mistake in the wiring. */
export interface WiringMistake {
  readonly code: string;
  readonly what: string;
  readonly where?: string;
  readonly remedy: string;
}

/** What a preview could not see. */
export interface WiringUnseen {
  readonly provider: string;
  readonly why: string;
}

/** Who sent a message, as it was seen. */
export interface WiringLink {
  /**
   * Id of a handler or saga. `outside`: none of this process, such as a request, a timer or another process. `store`: the
   * message was taken from a store; where it was stored is a link too.
   */
  readonly from: string;
  /** Id of a message. One that no handler and no saga names is not among `messages`. */
  readonly to: string;
  readonly count: number;
}

/** Who sent what, as it was seen. */
export interface WiringObserved {
  /** When observing began, as an ISO date. */
  readonly since: string;
  readonly links: readonly WiringLink[];
  /** Messages without a link, since there were 10,000 links. */
  readonly missed?: number;
}

/**
 * The wiring as data. Everything is sorted, and nothing depends on the time or on the order of providers, so a document
 * that is committed has readable differences. `nestjs-cqrs/wiring.schema.json` is its JSON schema.
 */
export interface WiringDocument {
  readonly schema: typeof WIRING_SCHEMA;
  readonly library: 'nestjs-cqrs';
  /** False: a preview could not see what `unseen` lists. */
  readonly complete: boolean;
  readonly modules: readonly WiringModule[];
  readonly messages: readonly WiringMessage[];
  readonly handlers: readonly WiringHandler[];
  readonly middleware: readonly WiringMiddleware[];
  readonly pipelines: readonly WiringPipeline[];
  readonly sagas: readonly WiringSaga[];
  readonly routes: readonly WiringRoute[];
  readonly exposures: readonly WiringExposure[];
  readonly queues: readonly WiringQueue[];
  readonly schedules: readonly WiringSchedule[];
  /** Only of a preview: an application with mistakes does not start. */
  readonly problems: readonly WiringMistake[];
  readonly unseen?: readonly WiringUnseen[];
  /** Only if asked for: it depends on what the application did. */
  readonly observed?: WiringObserved;
}
