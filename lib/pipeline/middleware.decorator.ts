import type { MessageKind } from '../messages/message.js';
import { mark } from '../messages/copies.js';
import { metadataKey, readOwn, write } from '../messages/metadata.js';
import type { MiddlewareReference, Place } from './middleware.js';

/** Where a provided middleware stands among others, and where it runs. */
export interface MiddlewarePlacement {
  /** Default: all. */
  readonly on?: readonly MessageKind[];
  /** Middleware inside of it. */
  readonly before?: readonly MiddlewareReference[];
  /** Middleware outside of it. */
  readonly after?: readonly MiddlewareReference[];
  /** Where it runs; see `at()`. Default: `handle` and `send`. */
  readonly at?: readonly Place[];
}

const MIDDLEWARE = metadataKey<MiddlewarePlacement>(Symbol('cqrs:middleware'));

/**
 * Makes a provider a middleware of the whole application, inside of the list of `forRoot` unless `before` says
 * otherwise. A subclass in its place is one too.
 */
export const Middleware =
  (placement: MiddlewarePlacement = {}): ClassDecorator =>
  target => {
    mark(target, '@Middleware');
    write(MIDDLEWARE, placement, target);
  };

export const middlewarePlacement = (type: object): MiddlewarePlacement | undefined => readOwn(MIDDLEWARE, type);
