import { nameOf } from '../messages/inspect-message.js';
import type { MessageKind, MessageType } from '../messages/message.js';
import { NoContextException } from '../errors/no-context.exception.js';
import type { ContextOrigin } from './context-origin.js';
import { currentStore, runWith } from './context-storage.js';
import type { Deadline } from './deadline.js';
import type { HandlerIdentity } from './handler-identity.js';
import { copyOf, type DispatchScope, type Said } from './said.js';
import { inheritable, travelling, type HeaderKey, type Headers } from './header.js';
import { messageId } from './message-id.js';
import { headersToRead, tellOriginRead } from './reads.js';
import { boundsOf, outsideOf, Restriction, type Bounds } from './restriction.js';

/** Options of one dispatch. */
export interface DispatchOptions extends Said {
  /** The cause, whose correlation, headers, signal, time limit and scope are inherited. */
  readonly context?: MessageContext | ContextOrigin | undefined;
  /** Aborted when the caller gives up; handlers read `context.signal`. */
  readonly signal?: AbortSignal | undefined;
  /** Default: a new UUID v7. */
  readonly messageId?: string | undefined;
  /** Request-scoped instances. Default: inherited, else new. */
  readonly asyncContext?: DispatchScope | undefined;
}

/** The dispatch around the running code, or where its request began. */
export const currentCause = (): MessageContext | ContextOrigin | undefined =>
  currentStore() as MessageContext | ContextOrigin | undefined;

const NO_HEADERS: Headers = Object.freeze({});

/** At twice as many parents, older ones are dropped. */
const NEAREST = 16;

/**
 * The context of one dispatch: third argument of middleware, second of handlers. Inherited values are settled at its
 * start, identifiers when first read. Nothing is written onto the message; options are copied.
 */
export class MessageContext {
  /** Start of the dispatch, in milliseconds since 1970. */
  readonly time: number;
  /** Runs of the handler; more than 1 after retries. */
  attempt = 0;
  /** Request-scoped instances; undefined until needed or given. */
  scope: DispatchScope | undefined;
  /** A copy in a long chain. */
  readonly #cause: MessageContext | ContextOrigin | undefined;
  readonly #depth: number;
  readonly #said: Said | undefined;
  /** Or the sibling that has it. */
  #id: string | MessageContext | undefined;
  #headers: Headers | undefined;
  #inherited: Bounds | undefined;
  #restriction: Restriction | undefined;
  /** A signal that never aborts. One per context: a shared one would collect the listeners of the whole process. */
  #endless: AbortSignal | undefined;

  /**
   * @param sibling same event, other handler; shares identifiers and time
   * @param cause null for none. Default: from the options, else the dispatch around this code
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
   * The context of the dispatch around this code, with `propagateContext`.
   * @throws NoContextException without one
   */
  static current(): MessageContext {
    const context = MessageContext.find();
    if (!context) throw new NoContextException();
    return context;
  }

  /** Like `current()`; undefined without a context. */
  static find(): MessageContext | undefined {
    const cause = currentCause();
    return cause instanceof MessageContext ? cause : undefined;
  }

  /** Runs a function; all that it starts finds this context with `current()`. */
  run<R>(run: () => R): R {
    return runWith(this, run);
  }

  /**
   * The causing dispatch, if known here. A long chain keeps 16 to 31 parents, some as copies: compare `messageId`.
   */
  get parent(): MessageContext | undefined {
    return this.#cause instanceof MessageContext ? this.#cause : undefined;
  }

  /** Handler or saga that sent the message; handlers only where contexts propagate or are given. */
  get sentBy(): HandlerIdentity | undefined {
    return this.#cause instanceof MessageContext ? this.#cause.handler : this.#cause?.sentBy;
  }

  /** One for all handlers of an event; default: a UUID v7. */
  get messageId(): string {
    const known = this.#id;
    if (typeof known === 'string') return known;
    return known === undefined ? (this.#id = messageId(this.time)) : known.messageId;
  }

  /** One context for all handlers of an event, to keep something by: the first that was made. Else this one. */
  get shared(): MessageContext {
    return typeof this.#id === 'object' ? this.#id.shared : this;
  }

  /** Inherited, else the `messageId`. */
  get correlationId(): string {
    return this.#said?.correlationId ?? this.#cause?.correlationId ?? this.messageId;
  }

  /** `messageId` of the cause; undefined without one. */
  get causationId(): string | undefined {
    return this.#said?.causationId ?? this.#cause?.messageId;
  }

  get timestamp(): Date {
    return new Date(this.time);
  }

  /** Headers of the caller over inherited ones; frozen. */
  get headers(): Headers {
    return headersToRead(this.allHeaders, this);
  }

  /** @internal */
  get allHeaders(): Headers {
    return (this.#headers ??= this.mergedHeaders());
  }

  /** The value of one header. */
  header<T>(key: HeaderKey<T>): T | undefined {
    return key.in(this.headers);
  }

  /** Aborted when the caller gives up or the time is up; inherited unless the caller gave one. */
  get signal(): AbortSignal {
    return this.bounds?.signal ?? (this.#endless ??= new AbortController().signal);
  }

  /** Milliseconds left, at least 0; Infinity without a limit. */
  get remaining(): number {
    return Math.max(0, this.limit?.remaining ?? Infinity);
  }

  /** When the time is up; undefined without a limit. */
  get deadline(): Date | undefined {
    const { remaining } = this;
    return remaining === Infinity ? undefined : new Date(Date.now() + remaining);
  }

  /** The nearest time limit of the dispatch and its callers. @internal */
  get limit(): Deadline | undefined {
    return this.bounds?.deadline;
  }

  /** @internal */
  get bounds(): Bounds | undefined {
    return this.#restriction ?? this.#inherited;
  }

  /** The message comes from outside of the process. */
  get fromOutside(): boolean {
    tellOriginRead(this);
    return this.#said?.fromOutside === true;
  }

  /** Time limit of the caller, in milliseconds. */
  get timeout(): number | undefined {
    return this.#said?.timeout;
  }

  /**
   * Limits the time of inner calls. Another limit of one owner (a retry) replaces its first.
   * @param own the inherited limit may be nearer
   * @param endsEarly the owner may end it before
   * @internal
   */
  restrict(owner: object, own: Deadline, endsEarly?: boolean): Restriction {
    const outer = outsideOf(owner, this.#restriction);
    const deadline = own.or((outer ?? this.#inherited)?.deadline);
    return (this.#restriction = new Restriction(owner, outer, deadline, this.#inherited, endsEarly));
  }

  /**
   * Removes a limit and those inside it, unless replaced.
   * @internal
   */
  release(restriction: Restriction): void {
    for (let own = this.#restriction; own; own = own.outer)
      if (own === restriction) this.#restriction = restriction.outer;
  }

  /** For another handler of the message: same identifiers, own attempts. */
  for(handler: HandlerIdentity): MessageContext {
    return new MessageContext(this.kind, this.type, handler, undefined, this);
  }

  /** The same dispatch, within these bounds alone. @internal */
  boundBy(bounds: Bounds): MessageContext {
    const copy = this.for(this.handler);
    copy.#inherited = bounds;
    return copy;
  }

  /** For logs: no message, no parents, only travelling headers. */
  toJSON(): object {
    const { kind, type, handler, messageId, correlationId, causationId, timestamp, attempt, headers } = this;
    const names = { type: nameOf(type), handler: handler.name, module: handler.module, sentBy: this.sentBy?.name };
    return { kind, ...names, messageId, correlationId, causationId, timestamp, attempt, headers: travelling(headers) };
  }

  /** Copies of the nearest contexts, this one first. */
  private shortened(): MessageContext {
    const chain: MessageContext[] = [this];
    while (chain.length < NEAREST) chain.push(chain.at(-1)!.parent!);
    return chain.reduceRight<MessageContext | null>((older, one) => one.copyWithin(older), null)!;
  }

  private copyWithin(older: MessageContext | null): MessageContext {
    const { messageId, correlationId, causationId, allHeaders: headers, timeout } = this;
    const said = { messageId, correlationId, causationId, headers, timeout, fromOutside: this.#said?.fromOutside };
    const copy = new MessageContext(this.kind, this.type, this.handler, said, this, older);
    copy.attempt = this.attempt;
    return copy;
  }

  private mergedHeaders(): Headers {
    const own = this.#said?.headers;
    const inherited = this.#cause && inheritable(this.#cause.allHeaders);
    if (!own) return inherited ?? NO_HEADERS;
    return inherited ? Object.freeze({ ...inherited, ...own }) : own;
  }
}
