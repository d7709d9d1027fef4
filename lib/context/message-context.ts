import { nameOf } from '../messages/inspect-message.js';
import type { MessageKind, MessageType } from '../messages/message.js';
import { NoContextException } from '../errors/no-context.exception.js';
import type { ContextOrigin } from './context-origin.js';
import { currentStore, runWith } from './context-storage.js';
import type { Deadline } from './deadline.js';
import { copyOf, type DispatchScope, type HandlerIdentity, type Said } from './said.js';
import { inheritable, travelling, type HeaderKey, type Headers } from './header.js';
import { messageId } from './message-id.js';
import { boundsOf, outsideOf, Restriction, type Bounds } from './restriction.js';

/** What a caller may say about one dispatch. Everything may be left out. */
export interface DispatchOptions extends Said {
  /**
   * The dispatch that causes this one, or where its chain begins: correlation, headers, signal, time limit and scope
   * are inherited.
   */
  readonly context?: MessageContext | ContextOrigin | undefined;
  /** Aborted when the caller has lost interest; handlers read it as `context.signal`. */
  readonly signal?: AbortSignal | undefined;
  /** Identifier of this dispatch; a new UUID v7 if left out. */
  readonly messageId?: string | undefined;
  /** Which request-scoped instances serve this dispatch; inherited, else new ones. */
  readonly asyncContext?: DispatchScope | undefined;
}

/** What dispatches that start here are caused by: the dispatch this code runs in, or the origin of a chain. */
const currentCause = (): MessageContext | ContextOrigin | undefined =>
  currentStore() as MessageContext | ContextOrigin | undefined;

const NO_HEADERS: Headers = Object.freeze({});

/** How many of the dispatches before it a context keeps at least; at twice as many the older ones are let go. */
const NEAREST = 16;

/**
 * What is known of one dispatch: middleware get it as their third argument, handlers as their second.
 * What it inherits is settled when the dispatch begins; identifiers are made when first read. Nothing is ever written
 * onto the message, and what the caller said is copied.
 */
export class MessageContext {
  /** When the dispatch began, in milliseconds since 1970. */
  readonly time: number;
  /** How often the handler has been run for this dispatch: 1 at the first run, more where a middleware retries. */
  attempt = 0;
  /** Which request-scoped instances serve this dispatch; undefined until one is needed or given. */
  scope: DispatchScope | undefined;
  /** Of a long chain a copy, see `parent`. */
  readonly #cause: MessageContext | ContextOrigin | undefined;
  /** How many contexts `parent` leads to. */
  readonly #depth: number;
  readonly #said: Said | undefined;
  /** The identifier, or the context that has it, of another handler of the same event; undefined until it is read. */
  #id: string | MessageContext | undefined;
  #headers: Headers | undefined;
  readonly #inherited: Bounds | undefined;
  #restriction: Restriction | undefined;
  /** A signal of its own where nothing aborts the dispatch: one for all would collect the listeners of the process. */
  #endless: AbortSignal | undefined;

  /**
   * @param kind command, query or event
   * @param type class of the message
   * @param handler who handles it
   * @param options what the caller said
   * @param sibling the context of the same event for another handler, whose identifiers and time are shared
   * @param cause the dispatch or origin that causes it, null for none; by default what the options say, else the
   *   dispatch that the code runs in
   */
  constructor(
    readonly kind: MessageKind,
    readonly type: MessageType,
    readonly handler: HandlerIdentity,
    options?: DispatchOptions,
    sibling?: MessageContext,
    cause: MessageContext | ContextOrigin | null | undefined = sibling === undefined
      ? (options?.context ?? currentCause())
      : sibling.#cause,
  ) {
    this.time = sibling === undefined ? Date.now() : sibling.time;
    this.#said = options === undefined ? (sibling === undefined ? undefined : sibling.#said) : copyOf(options);
    this.#id = options?.messageId ?? sibling;
    this.#inherited = sibling === undefined ? boundsOf(options?.signal, cause?.bounds) : sibling.#inherited;
    this.scope = options?.asyncContext ?? sibling?.scope ?? cause?.scope;
    this.#depth = cause instanceof MessageContext ? cause.#depth + 1 : 0;
    this.#cause = cause ?? undefined;
    if (this.#depth < 2 * NEAREST) return;
    this.#cause = (cause as MessageContext).shortened();
    this.#depth = NEAREST;
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

  /**
   * The dispatch that caused this one, if it is known in this process. Of a chain that goes on and on, the nearest 16
   * at least are kept, and at most 31; beyond that, and for each sixteenth context of such a chain, they are copies:
   * compare `messageId`, not the objects.
   */
  get parent(): MessageContext | undefined {
    return this.#cause instanceof MessageContext ? this.#cause : undefined;
  }

  /** The handler or saga that sent the message; a handler is known where its context propagates or is given. */
  get sentBy(): HandlerIdentity | undefined {
    return this.#cause instanceof MessageContext ? this.#cause.handler : this.#cause?.sentBy;
  }

  /** Identifies this dispatch; a UUID v7 unless the caller gave one. The same for all handlers of one event. */
  get messageId(): string {
    const known = this.#id;
    if (typeof known === 'string') return known;
    return (this.#id = known === undefined ? messageId(this.time) : known.messageId);
  }

  /** What belongs together: inherited from the cause, else the identifier of this message. */
  get correlationId(): string {
    return this.#said?.correlationId ?? this.#cause?.correlationId ?? this.messageId;
  }

  /** The `messageId` of the dispatch that caused this one; undefined for the first of a chain. */
  get causationId(): string | undefined {
    return this.#said?.causationId ?? this.#cause?.messageId;
  }

  /** When the dispatch began. */
  get timestamp(): Date {
    return new Date(this.time);
  }

  /** Headers the caller gave, on top of those of the cause; frozen. */
  get headers(): Headers {
    return (this.#headers ??= this.mergedHeaders());
  }

  /** The value of one header; undefined if there is none. */
  header<T>(key: HeaderKey<T>): T | undefined {
    return key.in(this.headers);
  }

  /**
   * Aborted when the caller has lost interest or the time is up; inherited unless the caller gave another. A signal
   * of this dispatch alone that is never aborted where the caller gave none.
   */
  get signal(): AbortSignal {
    return this.bounds?.signal ?? (this.#endless ??= new AbortController().signal);
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
    return this.bounds?.deadline;
  }

  /**
   * What may end this dispatch early, and those that it causes from now on.
   * @internal
   */
  get bounds(): Bounds | undefined {
    return this.#restriction ?? this.#inherited;
  }

  /** Whether the message comes from outside of the process, as its sender said. */
  get fromOutside(): boolean {
    return this.#said?.fromOutside === true;
  }

  /** The time limit that the caller of the dispatch gave, in milliseconds. */
  get timeout(): number | undefined {
    return this.#said?.timeout;
  }

  /**
   * Limits the time of what lies further in; for middleware. One that limits again (a retry) replaces its own limit.
   * @param owner who limits
   * @param own until when; the limit of the cause may be nearer
   */
  restrict(owner: object, own: Deadline): Restriction {
    const outer = outsideOf(owner, this.#restriction);
    const deadline = own.or((outer ?? this.#inherited)?.deadline);
    return (this.#restriction = new Restriction(owner, outer, deadline, this.#inherited));
  }

  /** Takes a limit back, and those that lie within it; nothing if it has been replaced. */
  release(restriction: Restriction): void {
    for (let own = this.#restriction; own; own = own.outer)
      if (own === restriction) this.#restriction = restriction.outer;
  }

  /** The context of the same message for one handler more: same identifiers, own handler and attempts. */
  for(handler: HandlerIdentity): MessageContext {
    return new MessageContext(this.kind, this.type, handler, undefined, this);
  }

  /** What identifies the dispatch, for logs: no message, no cause beyond its identifier, and only headers that travel. */
  toJSON(): object {
    const { kind, type, handler, messageId, correlationId, causationId, timestamp, attempt, headers } = this;
    const names = { type: nameOf(type), handler: handler.name, module: handler.module, sentBy: this.sentBy?.name };
    return {
      kind,
      ...names,
      messageId,
      correlationId,
      causationId,
      timestamp,
      attempt,
      headers: travelling(headers),
    };
  }

  /** The nearest contexts of a long chain, this one first, in copies that lead to no older one. */
  private shortened(): MessageContext {
    const chain: MessageContext[] = [this];
    while (chain.length < NEAREST) chain.push(chain.at(-1)!.parent!);
    return chain.reduceRight<MessageContext | null>((older, one) => one.copyWithin(older), null)!;
  }

  private copyWithin(older: MessageContext | null): MessageContext {
    const { messageId, correlationId, causationId, headers, timeout, fromOutside } = this;
    const said = { messageId, correlationId, causationId, headers, timeout, fromOutside };
    const copy = new MessageContext(this.kind, this.type, this.handler, said, this, older);
    copy.attempt = this.attempt;
    return copy;
  }

  private mergedHeaders(): Headers {
    const own = this.#said?.headers;
    const inherited = this.#cause && inheritable(this.#cause.headers);
    if (!own) return inherited ?? NO_HEADERS;
    return inherited ? Object.freeze({ ...inherited, ...own }) : own;
  }
}
