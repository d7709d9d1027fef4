import { bareGet, inBento, inMemory, notCached, withoutCache } from '../contestants/cache.mjs';
import { live, subject } from '../contestants/live.mjs';

/** An answer that is kept, against the library alone; what others pay for the cache; and 10,000 watchers of one query. */
export default [
  {
    name: 'a kept answer',
    apart: true,
    reach: { '@Cached, memoryCache()': 1.3, '@Cached, bentoCache()': 1.3 },
    contestants: () => ({
      'BentoCache get(), no bus': bareGet,
      '@Cached, memoryCache()': inMemory,
      '@Cached, bentoCache()': inBento,
    }),
  },
  {
    name: 'a query without @Cached',
    apart: true,
    contestants: () => ({ 'no cache': withoutCache, 'beside a cache': notCached }),
  },
  {
    // One touch, one run, and the time until the last watcher is told.
    name: '10,000 watchers told of one touch',
    isCounted: false,
    rounds: 9,
    contestants: () => ({ 'a Subject by hand': subject, 'queries.live()': live }),
  },
];
