import { QuerySideEffectException } from '../errors/query-side-effect.exception.js';
import { nameOf } from '../messages/inspect-message.js';
import { PLACES, type MiddlewareFunction } from './middleware.js';
import { runningAt } from './place.js';

/** Refuses commands and events of query handlers; needs propagating contexts. */
export const refuseSideEffects: MiddlewareFunction = (message, next, context) => {
  const { parent } = context;
  if (parent?.kind === 'query')
    throw new QuerySideEffectException(nameOf(parent.type), parent.handler.name, context.kind, nameOf(context.type));
  return next(message);
};
runningAt(refuseSideEffects, ...PLACES);
