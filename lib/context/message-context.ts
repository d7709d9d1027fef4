import type { MessageKind, MessageType } from '../messages/message.js';
import { currentStore, runWith } from './context-storage.js';
import { messageId } from './message-id.js';

/** What travels beside a message, by name. */
export type Headers = Readonly<Record<string, unknown>>;

/** Which instances of request-scoped providers serve a dispatch; in Nest applications an `AsyncContext`. */
export interface DispatchScope {
  readonly id: object;
}

/** What a caller may say about one dispatch. Everything may be left out. */
export interface DispatchOptions {
  /** The dispatch that causes this one: its correlation, headers, signal and scope are inherited. */
  readonly context?: MessageContext | undefined;
  /** Aborted when the caller has lost interest; handlers read it as `context.signal`. */
  readonly signal?: AbortSignal | undefined;
  /** Headers of this dispatch, on top of inherited ones. */
  readonly headers?: Headers | undefined;
  /** Identifier of this dispatch; a new UUID v7 if left out. */
  readonly messageId?: string | undefined;
  /** What belongs together; inherited, else the identifier of this message. */
  readonly correlationId?: string | undefined;
  /** What caused this dispatch where no `context` can say it, as in a message from outside. */
  readonly causationId?: string | undefined;
  /** Which request-scoped instances serve this dispatch; inherited, else new ones. */
  readonly asyncContext?: DispatchScope | undefined;
}

/** Who handles a message, as texts and reports name it. */
export interface HandlerIdentity {
  /** Class, or class and method: `CreateUserHandler`, `Users.create`. */
  readonly name: string;
  /** Class name of the Nest module that provides it; undefined outside Nest. */
  readonly module?: string | undefined;
}

/** A signal that nobody aborts. */
const NEVER_ABORTED = new AbortController().signal;
const NO_HEADERS: Headers = Object.freeze({});

/**
 * What is known of one dispatch: middleware get it as their third argument, handlers as their second.
 * Identifiers are made when first read. Nothing is ever written onto the message.
 */
export class MessageContext {
  /** When the dispatch began, in milliseconds since 1970. */
  readonly time: number;
  /** How often the handler has been run for this dispatch: 1 at the first run, more where a middleware retries. */
  attempt = 0;
  /** Which request-scoped instances serve this dispatch; undefined until one is needed or given. */
  scope: DispatchScope | undefined;
  /** The dispatch that caused this one, if it is known in this process. */
  readonly parent: MessageContext | undefined;
  #messageId: string | undefined;
  #headers: Headers | undefined;

  /**
   * @param kind command, query or event
   * @param type class of the message
   * @param handler who handles it
   * @param options what the caller said
   * @param delivery the context of the same event for another handler, with which identifiers are shared
   */
  constructor(
    readonly kind: MessageKind,
    readonly type: MessageType,
    readonly handler: HandlerIdentity,
    private readonly options?: DispatchOptions,
    private readonly delivery?: MessageContext,
  ) {
    this.time = delivery?.time ?? Date.now();
    this.parent = delivery ? delivery.parent : (options?.context ?? MessageContext.current());
    this.scope = options?.asyncContext ?? delivery?.scope ?? this.parent?.scope;
  }

  /** The context of the dispatch this code runs in; undefined outside one and unless `propagateContext` is on. */
  static current(): MessageContext | undefined {
    return currentStore() as MessageContext | undefined;
  }

  /** Runs a function so that whatever it starts, now or later, finds this context with `current()`. */
  run<R>(run: () => R): R {
    return runWith(this, run);
  }

  /** Identifies this dispatch; a UUID v7 unless the caller gave one. The same for all handlers of one event. */
  get messageId(): string {
    return (this.#messageId ??= this.delivery?.messageId ?? this.options?.messageId ?? messageId(this.time));
  }

  /** What belongs together: inherited from the cause, else the identifier of this message. */
  get correlationId(): string {
    return this.options?.correlationId ?? this.parent?.correlationId ?? this.delivery?.correlationId ?? this.messageId;
  }

  /** The `messageId` of the dispatch that caused this one; undefined for the first of a chain. */
  get causationId(): string | undefined {
    return this.options?.causationId ?? this.parent?.messageId;
  }

  /** When the dispatch began. */
  get timestamp(): Date {
    return new Date(this.time);
  }

  /** Headers the caller gave, on top of those of the cause. */
  get headers(): Headers {
    return (this.#headers ??= this.mergedHeaders());
  }

  /** Aborted when the caller has lost interest; inherited. A signal that is never aborted if nobody gave one. */
  get signal(): AbortSignal {
    return this.options?.signal ?? this.parent?.signal ?? NEVER_ABORTED;
  }

  /** The context of the same message for one handler more: same identifiers, own handler and attempts. */
  for(handler: HandlerIdentity): MessageContext {
    return new MessageContext(this.kind, this.type, handler, this.options, this);
  }

  private mergedHeaders(): Headers {
    const [own, inherited] = [this.options?.headers, this.parent?.headers];
    if (!own) return inherited ?? NO_HEADERS;
    return inherited ? Object.freeze({ ...inherited, ...own }) : own;
  }
}
