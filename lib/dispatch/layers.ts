import { lineage } from '../messages/inspect-message.js';
import type { MessageType } from '../messages/message.js';
import type { MiddlewareReference, Place, ReadyMiddleware } from '../pipeline/middleware.js';
import { formAt, runsAt, runsFor } from '../pipeline/place.js';
import { inheritedMiddleware } from '../pipeline/use-middleware.decorator.js';

/** The middleware that wraps the type and runs at the place, in the form that it has there. */
export const layersAt = (
  layers: readonly ReadyMiddleware[],
  type: MessageType,
  place: Place | undefined,
): ReadyMiddleware[] => layers.filter(layer => runsFor(layer, type, place)).map(layer => formAt(layer, place));

/** A message from another process skips middleware that runs only where messages leave; the same list if there is none. */
export const layersOfArrivals = (layers: ReadyMiddleware[], place: Place | undefined): ReadyMiddleware[] =>
  place !== undefined || layers.every(layer => runsAt(layer, 'handle'))
    ? layers
    : layers.filter(layer => runsAt(layer, 'handle'));

/** Also of ancestors, outermost first. */
export const usedBy = (type: MessageType): readonly MiddlewareReference[] => inheritedMiddleware(lineage(type));
