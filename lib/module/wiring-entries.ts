import type { WiringEntry } from '../introspection/wiring-entry.js';
import { lineage, nameOf } from '../messages/inspect-message.js';
import type { MessageKind, MessageType } from '../messages/message.js';
import type { MiddlewareResolver } from '../pipeline/instantiate.js';
import { middlewareName, type MiddlewareReference, type Place } from '../pipeline/middleware.js';
import { around } from '../pipeline/order.js';
import { runsFor } from '../pipeline/place.js';
import { inheritedMiddleware } from '../pipeline/use-middleware.decorator.js';
import { schemaOf } from '../pipeline/validate.decorator.js';
import type { RemoteTransport } from '../transport/remote-transport.js';
import { handlerIdentityOf } from '../handlers/provider-handlers.js';
import { kindOf } from './message-kinds.js';
import { cachedOf, nameOfCached, nameOfTouches, touchesOf } from './declared-caching.js';
import { enhancerNames } from './enhancers.js';
import type { CheckedHandler } from './handler-checks.js';
import type { FoundSaga } from './provider-explorer.js';
import { handlerMiddleware } from './used-middleware.js';

/** First is outermost. */
export type MiddlewareByKind = Readonly<Record<MessageKind, readonly MiddlewareReference[]>>;

/** @param resolve only an instance can say which types it wraps */
export const entriesOf = (
  handler: CheckedHandler,
  ofBus: MiddlewareByKind,
  resolve: MiddlewareResolver,
  reach: (type: MessageType) => { readonly exposed: readonly string[]; readonly queue: string | undefined },
): WiringEntry[] =>
  handler.types.map(type => {
    const { kind } = handler.declaration;
    const outside = around(ofBus[kind], inheritedMiddleware(lineage(type)), []);
    const touches = touchesOf(handler, type);
    const cached = cachedOf(handler, type);
    const schema = schemaOf(type);
    const enhancers = enhancerNames(handler);
    const { exposed, queue } = reach(type);
    return {
      kind,
      message: nameOf(type),
      ...(schema && { schema: schema['~standard'].vendor }),
      middleware: [
        ...namesOf(outside, resolve, type, undefined).map(name =>
          name === '@Touches' ? nameOfTouches(touches) : name,
        ),
        ...(kind === 'event' && touches.length > 0 ? [nameOfTouches(touches)] : []),
        ...namesOf(handlerMiddleware(handler), resolve, type, undefined),
        ...(cached === undefined ? [] : [nameOfCached(cached)]),
      ],
      ...(enhancers.length > 0 && { enhancers }),
      handler: handler.identity.name,
      module: handler.identity.module,
      ...(exposed.length > 0 && { exposed }),
      ...(queue !== undefined && { queue }),
    };
  });

/** Of a route: the kind of a plain class, and of a name, is not known before the first message. */
export function routedEntry(
  message: MessageType | string,
  { name, engine }: RemoteTransport,
  ofBus: MiddlewareByKind,
  resolve: MiddlewareResolver,
): WiringEntry {
  const kind = typeof message === 'string' ? undefined : kindOf(message, []);
  const middleware =
    kind === undefined ? [] : around(ofBus[kind], inheritedMiddleware(lineage(message as MessageType)), []);
  return {
    kind: kind ?? 'any',
    message: typeof message === 'string' ? message : nameOf(message),
    middleware: namesOf(middleware, resolve, message as MessageType, 'send'),
    handler: name,
    transport: engine,
  };
}

export function entryOfSaga({ wrapper, type, declaration: { method, events } }: FoundSaga): WiringEntry {
  const { name, module } = handlerIdentityOf(wrapper, type, { on: 'method', method });
  return { kind: 'saga', message: events?.map(nameOf).join(', ') ?? '*', middleware: [], handler: name, module };
}

function namesOf(
  references: readonly MiddlewareReference[],
  resolve: MiddlewareResolver,
  type: MessageType,
  place: Place | undefined,
): string[] {
  return references.filter(reference => runsFor(resolve(reference), type, place)).map(middlewareName);
}
