import { CqrsException } from '../errors/cqrs.exception.js';

const notLive = (what: string, where: string, remedy: string): CqrsException =>
  new CqrsException({ code: 'CQRS_NOT_LIVE', what, where, remedy });

const WITH_TAGS = 'Say what it reads, as in @Cached({ ttl: 60_000, tags: query => [`user:${query.userId}`] }).';

/** Refusals of `queries.live()`. */
export const liveWithoutCache = (query: string): CqrsException =>
  notLive(
    'live() runs a query again when what it reads is touched, and this bus belongs to no application with a cache.',
    query,
    'Use the bus of an application with CqrsModule.forRoot({ cache: memoryCache() }).',
  );

export const liveWithoutCached = (query: string): CqrsException =>
  notLive(
    `${query} has no @Cached, nor has its handler in this process: nothing tells when its answer changes.`,
    query,
    WITH_TAGS,
  );

export const liveWithoutTags = (query: string): CqrsException =>
  notLive(`@Cached of ${query} names no tags for it: nothing tells when its answer changes.`, query, WITH_TAGS);

export const liveInUnit = (query: string): CqrsException =>
  notLive(
    'live() was called inside of a unit of work, and its values come after the end of that.',
    query,
    'Call it outside of the transaction.',
  );
