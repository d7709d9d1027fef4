import { CqrsException, type CachedResult, type CachedResultAbout, type QueryCache } from '../../extension.js';
import { tagsIn, type AnyBentoCache, type BusMessage } from './bento.js';

export type { AnyBentoCache } from './bento.js';

/** Options of `bentoCache()`. */
export interface BentoCacheOptions {
  /** Whether its connections are closed with the application. Default: true. */
  readonly disconnects?: boolean;
}

/**
 * Keeps answers of `@Cached` queries with BentoCache: in memory, in Redis, or in both with a bus between processes. For
 * `CqrsModule.forRoot({ cache: bentoCache(bento) })`.
 *
 * Give it a store of its own: the whole store is cleared after an outage with more than 10,000 touched tags.
 * @param bento `new BentoCache({ … })`
 * @throws CqrsException (CQRS_INVALID_OPTIONS)
 */
export function bentoCache(bento: AnyBentoCache, options: BentoCacheOptions = {}): QueryCache {
  if (typeof (bento as Partial<AnyBentoCache> | undefined)?.deleteByTag !== 'function') throw notBento();
  return new BentoQueryCache(bento, options);
}

/** A failure of Redis must be told: it hides none. */
const TOLD = { suppressL2Errors: false };

class BentoQueryCache implements QueryCache {
  readonly name = 'BentoCache';

  constructor(
    private readonly bento: AnyBentoCache,
    private readonly options: BentoCacheOptions,
  ) {}

  async get(key: string): Promise<CachedResult | undefined> {
    const found = await this.bento.get({ key, ...TOLD });
    return isResult(found) ? found : undefined;
  }

  set(key: string, result: CachedResult, { tags, keep }: CachedResultAbout): Promise<unknown> {
    return this.bento.set({ key, value: result, ttl: keep, tags: [...tags], ...TOLD });
  }

  delete(key: string): Promise<unknown> {
    return this.bento.delete({ key, ...TOLD });
  }

  touch(tags: readonly string[]): Promise<unknown> {
    return this.bento.deleteByTag({ tags: [...tags], ...TOLD });
  }

  clear(): Promise<unknown> {
    return this.bento.clear(TOLD);
  }

  onTouched(listener: (tags: readonly string[]) => void): () => void {
    const heard = (said: BusMessage): void => {
      const tags = tagsIn(said);
      if (tags.length > 0) listener(tags);
    };
    this.bento.on('bus:message:received', heard);
    return () => void this.bento.off('bus:message:received', heard);
  }

  async close(): Promise<void> {
    if (this.options.disconnects !== false) await this.bento.disconnectAll();
  }
}

/** Another program may write to the same store. */
const isResult = (found: unknown): found is CachedResult =>
  typeof found === 'object' && found !== null && 'value' in found && 'begun' in found && 'freshUntil' in found;

const notBento = (): CqrsException =>
  new CqrsException({
    code: 'CQRS_INVALID_OPTIONS',
    what: 'bentoCache() was given something that is not an instance of BentoCache.',
    where: 'bentoCache()',
    remedy: 'Give it new BentoCache({ … }), of version 1.6 or later.',
  });
