import {
  context as contexts,
  createContextKey,
  defaultTextMapGetter,
  diag,
  isSpanContextValid,
  propagation,
  ProxyTracerProvider,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  type Attributes,
  type Context,
  type Link,
  type Span,
  type SpanContext,
  type Tracer,
  type TracerProvider,
} from '@opentelemetry/api';
import type { MessageContext, Received } from '../../extension.js';
import * as names from './conventions.js';
import { errorText, errorType, exceptionOf, safely } from './error-type.js';
import type { Operation } from './operation.js';
import type { Settings } from './options.js';

/** The innermost span of a message or a saga around the running code. */
const OWN = createContextKey('nestjs-cqrs span');

/** A span that has begun. */
export interface Begun {
  readonly span: Span;
  /** With the span in it. */
  readonly within: Context;
}

/** Where a span belongs. */
export interface Origin {
  readonly message: object;
  readonly context: MessageContext;
  /** What it is a part of, whatever is active. */
  readonly parent?: Span | undefined;
  readonly attributes?: Attributes;
  readonly isPublishing?: boolean;
}

/** Begins spans, and knows the span of each message. */
export class Traces {
  private readonly spans = new WeakMap<MessageContext, Span>();
  /** Of the publishing of events, by the context that their handlers share. */
  private readonly publishing = new WeakMap<MessageContext, Span>();
  private readonly arrived = new WeakMap<object, Received>();
  /** Whose exception is on a span. */
  private readonly recorded = new WeakSet<object>();
  private readonly warned = new Set<string>();

  private readonly tracer: Tracer;
  private isSeen = false;

  constructor(
    private readonly tracers: TracerProvider,
    private readonly settings: Settings,
  ) {
    this.tracer = tracers.getTracer(names.SCOPE, names.MAJOR, { schemaUrl: names.SCHEMA_URL });
  }

  /** A provider is set. The one of the process may come late, and stays. */
  get isOn(): boolean {
    const { tracers } = this;
    return (this.isSeen ||=
      !(tracers instanceof ProxyTracerProvider) || tracers.getDelegateTracer(names.SCOPE) !== undefined);
  }

  /** A propagator is set for the process: headers that leave may say something, without a provider too. */
  get passesOn(): boolean {
    return propagation.fields().length > 0;
  }

  /** The span of a message, or of the publishing of an event. */
  of(context: MessageContext | undefined): Span | undefined {
    if (context === undefined) return undefined;
    return this.spans.get(context) ?? this.publishedBy(context);
  }

  /** The span of the publishing of an event, which all its handlers share. */
  publishedBy({ shared }: MessageContext): Span | undefined {
    return this.publishing.get(shared);
  }

  arrives(received: Received): void {
    this.arrived.set(received.message, received);
  }

  /** @returns undefined if there is nothing to record and nothing to pass on */
  begin(operation: Operation, origin: Origin): Begun | undefined {
    if (!this.isOn) return undefined;
    const { message, context } = origin;
    const received = this.arrived.get(message);
    const { parent, links } =
      received === undefined || origin.parent !== undefined
        ? this.parentOf(origin)
        : this.parentOfArrival(received, origin);
    const kind = this.kindOf(operation.kind, received !== undefined);
    const span = this.tracer.startSpan(operation.name, { kind, attributes: operation.attributes, links }, parent);
    if (!isSpanContextValid(span.spanContext())) return undefined;
    if (origin.isPublishing) this.publishing.set(context.shared, span);
    else this.spans.set(context, span);
    if (span.isRecording()) this.describe(span, origin);
    return { span, within: trace.setSpan(parent, span).setValue(OWN, span) };
  }

  /** The innermost span of a message or a saga around the running code. */
  get current(): unknown {
    return contexts.active().getValue(OWN);
  }

  /** What a saga sends for an event belongs to the span of the saga. */
  resume(span: Span | undefined, context: MessageContext): Begun | undefined {
    if (span === undefined) return undefined;
    this.spans.set(context, span);
    return { span, within: trace.setSpan(contexts.active(), span).setValue(OWN, span) };
  }

  /** A span of a part, below the active one. */
  beginPart(operation: Operation): Begun | undefined {
    if (!this.isOn) return undefined;
    const parent = contexts.active();
    const span = this.tracer.startSpan(
      operation.name,
      { kind: operation.kind, attributes: operation.attributes },
      parent,
    );
    return isSpanContextValid(span.spanContext()) ? { span, within: trace.setSpan(parent, span) } : undefined;
  }

  end(span: Span, failure: { readonly error: unknown } | undefined, attempt?: number): void {
    try {
      if (!span.isRecording()) return;
      if (attempt) span.setAttribute(names.ATTEMPT, attempt);
      if (failure !== undefined) this.fail(span, failure.error);
    } catch (error) {
      // What was thrown may throw when it is read.
      this.warn('a failure cannot be described', error);
    } finally {
      span.end();
    }
  }

  /** Headers that carry the trace of a message to another process. */
  headersOf(context: MessageContext | undefined): Record<string, string> {
    const carrier: Record<string, string> = {};
    const span = this.of(context);
    const active = contexts.active();
    propagation.inject(span === undefined ? active : trace.setSpan(active, span), carrier);
    return carrier;
  }

  private parentOf({ context, parent }: Origin): { parent: Context; links: Link[] } {
    const active = contexts.active();
    if (parent !== undefined) return { parent: trace.setSpan(active, parent), links: [] };
    const cause = this.of(context.parent);
    const around = trace.getSpanContext(active);
    if (around !== undefined && isSpanContextValid(around)) {
      const isWithin = cause === undefined || active.getValue(OWN) === cause || isSame(around, cause.spanContext());
      return { parent: active, links: isWithin ? [] : [{ context: cause.spanContext() }] };
    }
    if (cause !== undefined) return { parent: trace.setSpan(active, cause), links: [] };
    return { parent: context.fromOutside ? extracted(active, context.headers) : active, links: [] };
  }

  /** What is active where a message arrives is what keeps the connection, or the worker. */
  private parentOfArrival({ headers }: Received, { context }: Origin): { parent: Context; links: Link[] } {
    const sender = trace.getSpanContext(extracted(ROOT_CONTEXT, headers));
    if (sender === undefined || !isSpanContextValid(sender)) return this.parentOf({ message: {}, context });
    const active = contexts.active();
    if (this.settings.arrivals === 'parent') return { parent: extracted(active, headers), links: [] };
    return { parent: trace.deleteSpan(active), links: [{ context: sender }] };
  }

  private kindOf(kind: SpanKind, isArrival: boolean): SpanKind {
    if (this.settings.kinds === 'internal') return SpanKind.INTERNAL;
    if (!isArrival) return kind;
    return kind === SpanKind.PRODUCER ? SpanKind.INTERNAL : SpanKind.CONSUMER;
  }

  private describe(span: Span, { message, context, attributes }: Origin): void {
    span.setAttribute(names.MESSAGE_ID, context.messageId);
    span.setAttribute(names.CONVERSATION_ID, context.correlationId);
    if (attributes !== undefined) span.setAttributes(attributes);
    try {
      const own = this.settings.attributes?.(message, context);
      if (own !== undefined) span.setAttributes(own);
    } catch (error) {
      this.warn('the option attributes has failed', error);
    }
  }

  /** Each once: what fails for one message fails for the next, too. */
  private warn(what: string, error: unknown): void {
    if (this.warned.has(what)) return;
    this.warned.add(what);
    diag.warn(`nestjs-cqrs: ${what}; further ones are not told`, error);
  }

  /** The exception itself stands where it was thrown. */
  private fail(span: Span, error: unknown): void {
    span.setAttribute(names.ERROR_TYPE, errorType(error));
    span.setStatus({ code: SpanStatusCode.ERROR, message: errorText(error) });
    safely(() => {
      if (!(error instanceof Error) || this.recorded.has(error)) return;
      this.recorded.add(error);
      span.recordException(exceptionOf(error));
    });
  }
}

const extracted = (active: Context, headers: object): Context =>
  propagation.extract(active, headers, defaultTextMapGetter);

const isSame = (one: SpanContext, other: SpanContext): boolean =>
  one.spanId === other.spanId && one.traceId === other.traceId;
