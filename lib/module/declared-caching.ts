import { cached, type CachedOptions } from '../caching/cached.decorator.js';
import { describeCached, patternsOf } from '../caching/tag-patterns.js';
import { touching, type TagsOf } from '../caching/touches.decorator.js';
import { nameOf } from '../messages/inspect-message.js';
import type { MessageType } from '../messages/message.js';
import type { MiddlewareFunction } from '../pipeline/middleware.js';
import type { DeclaredLayer } from './declared-layers.js';
import type { CheckedHandler } from './handler-checks.js';

/** What `@Cached` says of the queries of a handler. */
export const cachedOf = ({ type, declaration }: CheckedHandler, message: MessageType): CachedOptions | undefined =>
  declaration.kind === 'query' && cached.isUsed
    ? (cached.ofHandler(type, declaration.method) ?? cached.ofClass(message))
    : undefined;

/** What `@Touches` on a handler says. */
export const touchedByHandler = ({ type, declaration }: CheckedHandler): TagsOf | undefined =>
  declaration.kind === 'query' ? undefined : touching.ofHandler(type, declaration.method);

/** What a message touches, by its class and by its handler. */
export const touchesOf = (handler: CheckedHandler, message: MessageType): readonly TagsOf[] =>
  handler.declaration.kind === 'query'
    ? []
    : [touching.ofClass(message), touchedByHandler(handler)].filter(tags => tags !== undefined);

/** By handlers, and by classes of messages, which may have none. */
export const touchedAnywhere = (handlers: readonly CheckedHandler[]): readonly TagsOf[] => [
  ...touching.all(),
  ...handlers.flatMap(handler => touchedByHandler(handler) ?? []),
];

/** As the text of the wiring names it: `@Touches(user:{userId})`. */
export const nameOfTouches = (tags: readonly TagsOf[]): string => `@Touches(${listed(tags.map(patternsOf))})`;

/** As the text of the wiring names it: `@Cached(60000, user:{userId})`. */
export function nameOfCached(options: CachedOptions): string {
  const { ttl, tags, vary } = describeCached(options);
  const of = [...(tags === undefined || tags.length > 0 ? [listed([tags])] : []), ...vary.map(name => `by ${name}`)];
  return `@Cached(${[ttl, ...of].join(', ')})`;
}

const listed = (patterns: readonly (readonly string[] | undefined)[]): string =>
  patterns.flatMap(tags => tags ?? ['…']).join(', ');

/** What the decorators add to the middleware of a handler: outermost and innermost. */
export function layersOfCaching(
  handler: CheckedHandler,
  message: MessageType,
): Record<'outer' | 'inner', DeclaredLayer[]> {
  const touches = handler.declaration.kind === 'event' && touchedByHandler(handler) !== undefined;
  const caches = cachedOf(handler, message) !== undefined;
  const on = nameOf(handler.type);
  const inner = cached.ofClass(message) === undefined ? on : nameOf(message);
  return {
    outer: touches
      ? [
          layer(
            TOUCHES,
            `@Touches on ${on}`,
            'outside of the middleware of the handler: it waits for its end',
            'touches',
          ),
        ]
      : [],
    inner: caches
      ? [layer(CACHED, `@Cached on ${inner}`, 'innermost, so that all other middleware runs for each caller', 'cached')]
      : [],
  };
}

const layer = (
  reference: MiddlewareFunction,
  declaredAt: string,
  because: string,
  builtIn: NonNullable<DeclaredLayer['builtIn']>,
): DeclaredLayer => ({ reference, declaredAt, because, builtIn });

/** Stand in the wiring for the middleware of each application. */
const named = (name: string): MiddlewareFunction =>
  Object.defineProperty((message: object, next: (message: object) => Promise<unknown>) => next(message), 'name', {
    value: name,
  }) as MiddlewareFunction;
const TOUCHES = named('@Touches');
const CACHED = named('@Cached');
