import type { MessageKind } from '../messages/message.js';
import { mark } from '../messages/copies.js';
import { metadataKey, readOwn, write } from '../messages/metadata.js';
import type { MiddlewareReference } from './middleware.js';

/** Where a middleware found among the providers belongs. */
export interface MiddlewarePlacement {
  /** Kinds of messages it wraps; all three if left out. */
  readonly on?: readonly MessageKind[];
  /** Middleware it must lie outside of. */
  readonly before?: readonly MiddlewareReference[];
  /** Middleware it must lie within. */
  readonly after?: readonly MiddlewareReference[];
}

const MIDDLEWARE = metadataKey<MiddlewarePlacement>(Symbol('cqrs:middleware'));

/**
 * Makes a provider of any module a middleware of the whole application, found at start. It lies within what
 * `forRoot` lists, unless `before` says otherwise. A subclass that is provided in place of it is one too.
 * @param placement kinds of messages, and the order relative to other middleware
 */
export const Middleware =
  (placement: MiddlewarePlacement = {}): ClassDecorator =>
  target => {
    mark(target, '@Middleware');
    write(MIDDLEWARE, placement, target);
  };

/** What `@Middleware` said on exactly this class. */
export const middlewarePlacement = (type: object): MiddlewarePlacement | undefined => readOwn(MIDDLEWARE, type);
