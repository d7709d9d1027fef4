import type { MessageContext } from '../context/message-context.js';
import type { HandlerIdentity } from '../context/handler-identity.js';
import { wireNameOf } from '../envelope/message.decorator.js';
import type { MessageKind, MessageType } from '../messages/message.js';
import type { ProbePoint } from '../pipeline/probe.js';

/** What subscribers of the tracing channels get; the same object at each stage. */
export interface ChannelMessage {
  readonly kind: MessageKind;
  /** As in envelopes: that of `@Message()`, else of the class. */
  readonly name: string;
  readonly type: MessageType;
  readonly message: object;
  /** Undefined for what is not an event. */
  readonly context: MessageContext | undefined;
  /** Class, or class and method, as errors name it; undefined at `publish`. */
  readonly handler?: string | undefined;
  /** Nest module of the handler or saga; the engine where a message leaves. */
  readonly module?: string | undefined;
  /** Runs of the handler so far: at `handle`, 1 for the first. */
  readonly attempt: number;
  /** Where the message leaves: `send` or `store`. */
  readonly place?: ProbePoint['place'];
  /** At `middleware`: its name. */
  readonly middleware?: string | undefined;
  /** At `publish`: the handlers. */
  readonly handlers?: readonly string[];
  /** At `saga`: its name. The message is an event that it works on, or a command that it sends. */
  readonly saga?: string;
  result?: unknown;
  error?: unknown;
}

/** Of a step of a pipeline. */
export class StepMessage implements ChannelMessage {
  declare result?: unknown;
  declare error?: unknown;
  private readonly run: number | undefined;

  constructor(
    private readonly point: ProbePoint,
    readonly message: object,
    readonly context: MessageContext,
  ) {
    this.run = point.at === 'handler' ? context.attempt : undefined;
  }

  get kind(): MessageKind {
    return this.point.kind;
  }

  get type(): MessageType {
    return this.point.type;
  }

  get name(): string {
    return wireNameOf(this.type);
  }

  get handler(): string {
    return this.point.handler.name;
  }

  get module(): string | undefined {
    return this.point.handler.module;
  }

  get place(): ProbePoint['place'] {
    return this.point.place;
  }

  get middleware(): string | undefined {
    return this.point.middleware;
  }

  get attempt(): number {
    return this.run ?? this.context.attempt;
  }
}

/** Of an event that is published, or of what a saga is given or sends. */
export class WorkMessage implements ChannelMessage {
  declare result?: unknown;
  declare error?: unknown;
  readonly handlers?: readonly string[];
  readonly saga?: string;
  readonly module?: string | undefined;

  constructor(
    readonly kind: MessageKind,
    readonly message: object,
    private readonly contextOf: () => MessageContext | undefined,
    by: { readonly handlers: readonly HandlerIdentity[] } | { readonly saga: HandlerIdentity },
  ) {
    if ('handlers' in by) this.handlers = by.handlers.map(({ name }) => name);
    else {
      this.saga = by.saga.name;
      this.module = by.saga.module;
    }
  }

  get type(): MessageType {
    return this.message.constructor as MessageType;
  }

  get name(): string {
    return wireNameOf(this.type);
  }

  get context(): MessageContext | undefined {
    return this.contextOf();
  }

  get attempt(): number {
    return this.context?.attempt ?? 0;
  }
}
