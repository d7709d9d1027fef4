import { describeValue } from '../errors/describe-value.js';
import { InvalidMiddlewareException } from '../errors/invalid-middleware.exception.js';
import {
  isMiddlewareReference,
  isMiddlewareType,
  middlewareName,
  PlacedReference,
  type CqrsMiddleware,
  type MiddlewareReference,
  type ReadyMiddleware,
} from './middleware.js';
import { placed } from './place.js';

export type MiddlewareResolver = (reference: MiddlewareReference) => ReadyMiddleware;

/**
 * Without a container, one instance per class.
 * @returns throws InvalidMiddlewareException for a class with constructor parameters, and other values
 */
export function instantiateOnce(): MiddlewareResolver {
  const instances = new WeakMap<MiddlewareReference, CqrsMiddleware>();
  const resolve: MiddlewareResolver = reference => {
    if (reference instanceof PlacedReference) return placed(resolve(reference.reference), reference.at);
    if (!isMiddlewareReference(reference)) throw notMiddleware(reference);
    if (!isMiddlewareType(reference)) return reference as ReadyMiddleware;
    const present = instances.get(reference);
    if (present) return present;
    if (reference.length > 0)
      throw new InvalidMiddlewareException(
        `${middlewareName(reference)} has constructor parameters, and without Nest there is nothing to inject.`,
        'Pass an instance, or let CqrsModule.forRoot() put the bus together.',
      );
    const instance = new (reference as unknown as new () => CqrsMiddleware)();
    if (typeof instance.intercept !== 'function') throw withoutIntercept(reference);
    instances.set(reference, instance);
    return instance;
  };
  return resolve;
}

export const withoutIntercept = (type: MiddlewareReference, where?: string): InvalidMiddlewareException =>
  new InvalidMiddlewareException(
    `${middlewareName(type)} has no method intercept().`,
    'Add intercept(message, next).',
    where,
  );

export const notMiddleware = (value: unknown, where?: string): InvalidMiddlewareException =>
  new InvalidMiddlewareException(
    `A middleware must be a function, or a class or object with a method intercept(), not ${value === undefined ? 'undefined (a circular import?)' : describeValue(value)}.`,
    'Give a function (message, next) => next(message), or add intercept(message, next).',
    where,
  );
