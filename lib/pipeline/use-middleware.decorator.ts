import { InvalidMiddlewareException } from '../errors/invalid-middleware.exception.js';
import { mark } from '../messages/copies.js';
import { refuseStandardDecorators } from '../messages/decorated-method.js';
import { nameOf } from '../messages/inspect-message.js';
import type { MessageType } from '../messages/message.js';
import { metadataKey, readOwn, write } from '../messages/metadata.js';
import type { MiddlewareReference } from './middleware.js';

const USE_MIDDLEWARE = metadataKey<readonly MiddlewareReference[]>(Symbol('cqrs:use-middleware'));

const ON_METHODS = metadataKey<ReadonlyMap<string | symbol, readonly MiddlewareReference[]>>(
  Symbol('cqrs:use-middleware-on-methods'),
);

const NONE: readonly MiddlewareReference[] = [];

/**
 * Wraps one handler (class, method or registered function), or every dispatch of a message class; the first is
 * outermost, inside of middleware of module and bus. Subclasses and overriding methods inherit it.
 * @throws InvalidMiddlewareException on a static method
 */
export const UseMiddleware =
  (...middleware: MiddlewareReference[]): ClassDecorator & MethodDecorator =>
  (target: object, method?: string | symbol) => {
    refuseStandardDecorators('@UseMiddleware or @Timeout', target, method);
    // Decorators run bottom-up; the topmost is outermost.
    if (method !== undefined && typeof target === 'function')
      throw new InvalidMiddlewareException(
        '@UseMiddleware and @Timeout cannot wrap a static method: no instance of a provider runs it.',
        'Take static away.',
        `${nameOf(target)}.${String(method)}`,
      );
    mark(method === undefined ? target : target.constructor, '@UseMiddleware or @Timeout');
    if (method === undefined) return write(USE_MIDDLEWARE, [...middleware, ...usedMiddleware(target)], target);
    const type = target.constructor;
    const all = [...middleware, ...usedOnMethod(type, method)];
    write(ON_METHODS, new Map([...(readOwn(ON_METHODS, type) ?? []), [method, all]]), type);
  };

/** If not, no class is searched. */
export const isMiddlewareUsed = (): boolean => USE_MIDDLEWARE.left !== undefined || ON_METHODS.left !== undefined;

/** Of exactly this class or function. */
export const usedMiddleware = (host: object): readonly MiddlewareReference[] => readOwn(USE_MIDDLEWARE, host) ?? NONE;

/** Outermost first. */
export function inheritedMiddleware(line: readonly MessageType[]): readonly MiddlewareReference[] {
  let used = NONE;
  for (const ancestor of line) used = outermostFirst(usedMiddleware(ancestor), used);
  return used;
}

export function inheritedOnMethod(
  line: readonly MessageType[],
  method: string | symbol,
): readonly MiddlewareReference[] {
  let used = NONE;
  for (const ancestor of line) used = outermostFirst(usedOnMethod(ancestor, method), used);
  return used;
}

/** Methods of exactly this class that have some. */
export const methodsInMiddleware = (type: object): readonly (string | symbol)[] => [
  ...(readOwn(ON_METHODS, type)?.keys() ?? []),
];

const outermostFirst = (outer: readonly MiddlewareReference[], inner: readonly MiddlewareReference[]) =>
  outer.length === 0 ? inner : [...outer, ...inner];

/** Kept on the class, because another decorator may replace the method. */
export const usedOnMethod = (type: object, method: string | symbol): readonly MiddlewareReference[] =>
  readOwn(ON_METHODS, type)?.get(method) ?? NONE;
