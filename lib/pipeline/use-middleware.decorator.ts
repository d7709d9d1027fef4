import { metadataKey, readOwn, write } from '../messages/metadata.js';
import type { MiddlewareReference } from './middleware.js';

const USE_MIDDLEWARE = metadataKey<readonly MiddlewareReference[]>(Symbol('cqrs:use-middleware'));

/**
 * Wraps one handler (on a handler class, a method, or a function that is registered) or every dispatch of one message type (on a message
 * class, and for its subclasses). The first is the outermost; all lie within the middleware of module and bus.
 * @param middleware functions, instances, or classes (instantiated by Nest)
 */
export const UseMiddleware =
  (...middleware: MiddlewareReference[]): ClassDecorator & MethodDecorator =>
  (target: object, key?: string | symbol) => {
    const host = key === undefined ? target : ((target as Record<string | symbol, unknown>)[key] as object);
    // Decorators run from the lowest to the topmost, and what stands above lies outside.
    write(USE_MIDDLEWARE, [...middleware, ...usedMiddleware(host)], host);
  };

/** What `@UseMiddleware` put on exactly this class or method. */
export const usedMiddleware = (host: object): readonly MiddlewareReference[] => readOwn(USE_MIDDLEWARE, host) ?? [];
