import type { WiringEntry } from '../introspection/wiring.js';
import { lineage, nameOf } from '../messages/inspect-message.js';
import type { MessageKind } from '../messages/message.js';
import type { MiddlewareResolver } from '../pipeline/instantiate.js';
import { middlewareName, wrapsType, type MiddlewareReference } from '../pipeline/middleware.js';
import { inheritedMiddleware } from '../pipeline/use-middleware.decorator.js';
import { schemaOf } from '../pipeline/validate.decorator.js';
import { enhancerNames } from './enhancers.js';
import type { CheckedHandler } from './handler-checks.js';
import { handlerMiddleware } from './handler-middleware.js';

/** First is outermost. */
export type MiddlewareByKind = Readonly<Record<MessageKind, readonly MiddlewareReference[]>>;

/** @param resolve only an instance can say which types it wraps */
export const entriesOf = (
  handler: CheckedHandler,
  ofBus: MiddlewareByKind,
  resolve: MiddlewareResolver,
): WiringEntry[] =>
  handler.types.map(type => {
    const around = [
      ...ofBus[handler.declaration.kind],
      ...inheritedMiddleware(lineage(type)),
      ...handlerMiddleware(handler),
    ];
    const schema = schemaOf(type);
    const enhancers = enhancerNames(handler);
    return {
      kind: handler.declaration.kind,
      message: nameOf(type),
      ...(schema && { schema: schema['~standard'].vendor }),
      middleware: around.filter(reference => wrapsType(resolve(reference), type)).map(middlewareName),
      ...(enhancers.length > 0 && { enhancers }),
      handler: handler.identity.name,
      module: handler.identity.module,
    };
  });
