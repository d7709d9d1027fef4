import { SpanKind, type Attributes } from '@opentelemetry/api';
import { wireNameOf, type HandlerIdentity, type MessageType, type ProbePoint } from '../../extension.js';
import * as names from './conventions.js';

/** Something that has a span: what is the same each time. */
export interface Operation {
  /** Of the span: `execute CreateUser`. */
  readonly name: string;
  readonly kind: SpanKind;
  readonly attributes: Attributes;
  /** Attributes of few values. */
  readonly labels: Attributes;
}

type Verb = 'execute' | 'ask' | 'stream' | 'process' | 'send' | 'publish';

interface Described {
  readonly verb: Verb;
  readonly kind: SpanKind;
  readonly messages: ProbePoint['kind'];
  readonly type: MessageType;
  readonly handler?: HandlerIdentity;
  readonly more?: Attributes;
}

const HANDLING = { command: 'execute', query: 'ask', event: 'process' } as const;

/** One run of a command or query, or one delivery of an event; or its way out of the process. */
export function runOf({ kind, type, handler, place }: ProbePoint): Operation {
  if (place !== undefined) return operation({ verb: 'send', kind: SpanKind.PRODUCER, messages: kind, type, handler });
  const isEvent = kind === 'event';
  const more = isEvent ? { [names.SUBSCRIPTION]: handler.name } : {};
  const spanKind = isEvent ? SpanKind.CONSUMER : SpanKind.INTERNAL;
  return operation({ verb: HANDLING[kind], kind: spanKind, messages: kind, type, handler, more });
}

export const readingOf = (type: MessageType, handler: HandlerIdentity): Operation =>
  operation({ verb: 'stream', kind: SpanKind.INTERNAL, messages: 'query', type, handler });

export const publishingOf = (type: MessageType): Operation =>
  operation({ verb: 'publish', kind: SpanKind.PRODUCER, messages: 'event', type });

export function sagaOf({ name, module }: HandlerIdentity, event: MessageType): Operation {
  const { name: destination } = operation({ verb: 'process', kind: SpanKind.INTERNAL, messages: 'event', type: event });
  const attributes = {
    [names.SYSTEM]: SYSTEM,
    [names.DESTINATION]: destination.slice('process '.length),
    [names.SAGA]: name,
    ...(module !== undefined && { [names.MODULE]: module }),
  };
  return { name: `saga ${name}`, kind: SpanKind.INTERNAL, attributes, labels: { [names.SAGA]: name } };
}

/** A middleware, or a call of a handler. */
export function partOf({ at, middleware, handler }: ProbePoint): Operation {
  const attributes: Attributes =
    middleware === undefined ? { [names.HANDLER]: handler.name } : { [names.MIDDLEWARE]: middleware };
  return { name: `${at} ${middleware ?? handler.name}`, kind: SpanKind.INTERNAL, attributes, labels: {} };
}

const SYSTEM = 'nestjs_cqrs';

function operation({ verb, kind, messages, type, handler, more }: Described): Operation {
  const destination = wireNameOf(type);
  const labels = {
    [names.SYSTEM]: SYSTEM,
    [names.OPERATION_NAME]: verb,
    [names.DESTINATION]: destination,
    [names.KIND]: messages,
    ...more,
  };
  const attributes = {
    ...labels,
    [names.OPERATION_TYPE]: verb === 'send' || verb === 'publish' ? 'send' : 'process',
    ...(handler !== undefined && { [names.HANDLER]: handler.name }),
    ...(handler?.module !== undefined && { [names.MODULE]: handler.module }),
  };
  return { name: `${verb} ${destination}`, kind, attributes, labels };
}
