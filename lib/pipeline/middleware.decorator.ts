import type { MessageKind } from '../messages/message.js';
import { mark } from '../messages/copies.js';
import { metadataKey, readOwn, write } from '../messages/metadata.js';
import type { MiddlewareReference } from './middleware.js';

/** The place of a middleware that is found among the providers. */
export interface MiddlewarePlacement {
  /** Kinds of messages it wraps; by default all three. */
  readonly on?: readonly MessageKind[];
  /** Middleware inside of it. */
  readonly before?: readonly MiddlewareReference[];
  /** Middleware outside of it. */
  readonly after?: readonly MiddlewareReference[];
}

const MIDDLEWARE = metadataKey<MiddlewarePlacement>(Symbol('cqrs:middleware'));

/**
 * Makes a provider of any module a middleware of the whole application. It runs inside of the middleware that `forRoot`
 * lists, unless `before` says otherwise. A subclass provided in its place is one too.
 */
export const Middleware =
  (placement: MiddlewarePlacement = {}): ClassDecorator =>
  target => {
    mark(target, '@Middleware');
    write(MIDDLEWARE, placement, target);
  };

/** The placement of exactly this class. */
export const middlewarePlacement = (type: object): MiddlewarePlacement | undefined => readOwn(MIDDLEWARE, type);
