import { CqrsException, type QueryCache } from '../../extension.js';
import type { AnyBentoCache } from './bento.js';
import { BentoQueryCache } from './bento-query-cache.js';

export type { AnyBentoCache, BusMessage } from './bento.js';
export { lastingBus, type AnyBusDriver, type AnyBusTransport } from './lasting-bus.js';

/** Options of `bentoCache()`. */
export interface BentoCacheOptions {
  /** Whether its connections are closed with the application. Default: true. */
  readonly disconnects?: boolean;
}

/**
 * Keeps answers of `@Cached` queries with BentoCache: in memory, in Redis, or in both with a bus between processes. For
 * `CqrsModule.forRoot({ cache: bentoCache(bento) })`.
 *
 * Give it a store of its own: the whole store is cleared after an outage with more than 10,000 touched tags. Two tiers need a
 * bus, or each process answers what it has in its memory until `ttl`.
 * @param bento `new BentoCache({ … })`
 * @throws CqrsException (CQRS_INVALID_OPTIONS)
 */
export function bentoCache(bento: AnyBentoCache, { disconnects = true }: BentoCacheOptions = {}): QueryCache {
  if (typeof (bento as Partial<AnyBentoCache> | undefined)?.getOrSet !== 'function') throw notBento();
  return new BentoQueryCache(bento, disconnects ? () => bento.disconnectAll() : () => Promise.resolve());
}

const notBento = (): CqrsException =>
  new CqrsException({
    code: 'CQRS_INVALID_OPTIONS',
    what: 'bentoCache() was given something that is not an instance of BentoCache.',
    where: 'bentoCache()',
    remedy: 'Give it new BentoCache({ … }), of version 1.6 or later.',
  });
