import type { MessageKind, MessageType } from '../messages/message.js';
import { NoContextException } from '../errors/no-context.exception.js';
import type { ContextOrigin } from './context-origin.js';
import { currentStore, runWith } from './context-storage.js';
import type { Deadline } from './deadline.js';
import { inheritable, type HeaderKey, type Headers } from './header.js';
import { messageId } from './message-id.js';
import { NEVER_ABORTED, Restriction } from './restriction.js';

/** Which instances of request-scoped providers serve a dispatch; in Nest applications an `AsyncContext`. */
export interface DispatchScope {
  readonly id: object;
}

/** What a caller may say about one dispatch. Everything may be left out. */
export interface DispatchOptions {
  /**
   * The dispatch that causes this one, or where its chain begins: correlation, headers, signal, time limit and scope
   * are inherited.
   */
  readonly context?: MessageContext | ContextOrigin | undefined;
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
  /**
   * How long this dispatch may take, in milliseconds; never longer than what is left to the one that causes it. Then
   * `context.signal` is aborted and the dispatch rejects with DispatchTimeoutException. Default: no limit of its own.
   */
  readonly timeout?: number | undefined;
  /** Whether the message comes from outside of the process, and is validated. Default: false. */
  readonly fromOutside?: boolean | undefined;
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

/** What dispatches that start here are caused by: the dispatch this code runs in, or the origin of a chain. */
const currentCause = (): MessageContext | ContextOrigin | undefined =>
  currentStore() as MessageContext | ContextOrigin | undefined;

/** The limits that lie outside of one who limits; all of them if it has not limited yet. */
function outsideOf(owner: object, latest: Restriction | undefined): Restriction | undefined {
  for (let restriction = latest; restriction; restriction = restriction.outer)
    if (restriction.owner === owner) return restriction.outer;
  return latest;
}

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
  readonly #cause: MessageContext | ContextOrigin | undefined;
  #messageId: string | undefined;
  #restriction: Restriction | undefined;
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
    this.#cause = delivery ? delivery.#cause : (options?.context ?? currentCause());
    this.parent = this.#cause instanceof MessageContext ? this.#cause : undefined;
    this.scope = options?.asyncContext ?? delivery?.scope ?? this.#cause?.scope;
  }

  /**
   * The context of the dispatch this code runs in, where `propagateContext` is on.
   * @throws NoContextException outside of a dispatch, and where contexts are not propagated
   */
  static current(): MessageContext {
    const context = MessageContext.find();
    if (!context) throw new NoContextException();
    return context;
  }

  /** The same for code that may run anywhere, such as a logger: undefined where there is none. */
  static find(): MessageContext | undefined {
    const cause = currentCause();
    return cause instanceof MessageContext ? cause : undefined;
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
    return this.options?.correlationId ?? this.#cause?.correlationId ?? this.delivery?.correlationId ?? this.messageId;
  }

  /** The `messageId` of the dispatch that caused this one; undefined for the first of a chain. */
  get causationId(): string | undefined {
    return this.options?.causationId ?? this.#cause?.messageId;
  }

  /** When the dispatch began. */
  get timestamp(): Date {
    return new Date(this.time);
  }

  /** Headers the caller gave, on top of those of the cause. */
  get headers(): Headers {
    return (this.#headers ??= this.mergedHeaders());
  }

  /** The value of one header; undefined if there is none. */
  header<T>(key: HeaderKey<T>): T | undefined {
    return key.in(this.headers);
  }

  /**
   * Aborted when the caller has lost interest or the time is up; inherited unless the caller gave another. A signal
   * that is never aborted if nobody gave one.
   */
  get signal(): AbortSignal {
    return this.#restriction?.signal ?? this.unrestrictedSignal;
  }

  /** How many milliseconds are left to this dispatch, 0 if none; Infinity where nothing limits it. */
  get remaining(): number {
    return Math.max(0, this.limit?.remaining ?? Infinity);
  }

  /** When the time of this dispatch is up; undefined where nothing limits it. */
  get deadline(): Date | undefined {
    const { remaining } = this;
    return remaining === Infinity ? undefined : new Date(Date.now() + remaining);
  }

  /** What limits the time of this dispatch: what middleware or the caller set, or what the cause has. */
  get limit(): Deadline | undefined {
    return this.#restriction?.deadline ?? this.#cause?.limit;
  }

  /** Whether the message comes from outside of the process, as its sender said. */
  get fromOutside(): boolean {
    return this.options?.fromOutside === true;
  }

  /** The time limit that the caller of the dispatch gave, in milliseconds. */
  get timeout(): number | undefined {
    return this.options?.timeout;
  }

  /**
   * Limits the time of what lies further in; for middleware. One that limits again (a retry) replaces its own limit.
   * @param owner who limits
   * @param own until when; the limit of the cause may be nearer
   */
  restrict(owner: object, own: Deadline): Restriction {
    const outer = outsideOf(owner, this.#restriction);
    const deadline = own.or(outer ? outer.deadline : this.#cause?.limit);
    return (this.#restriction = new Restriction(
      owner,
      outer,
      deadline,
      () => outer?.signal ?? this.unrestrictedSignal,
    ));
  }

  /** Takes a limit back, unless there is a newer one. */
  release(restriction: Restriction): void {
    if (this.#restriction === restriction) this.#restriction = restriction.outer;
  }

  /** The context of the same message for one handler more: same identifiers, own handler and attempts. */
  for(handler: HandlerIdentity): MessageContext {
    return new MessageContext(this.kind, this.type, handler, this.options, this);
  }

  private get unrestrictedSignal(): AbortSignal {
    return this.options?.signal ?? this.#cause?.signal ?? NEVER_ABORTED;
  }

  private mergedHeaders(): Headers {
    const own = this.options?.headers;
    const inherited = this.#cause && inheritable(this.#cause.headers);
    if (!own) return inherited ?? NO_HEADERS;
    return inherited ? Object.freeze({ ...inherited, ...own }) : own;
  }
}
