import type { MiddlewareFunction } from './middleware.js';

/** Lets whatever a dispatch runs find its context with `MessageContext.current()`. */
export const propagateContext: MiddlewareFunction = (message, next, context) => context.run(() => next(message));
