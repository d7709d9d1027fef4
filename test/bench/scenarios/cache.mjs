import { bareGet, inBento, inMemory, notCached, withoutCache } from '../contestants/cache.mjs';

/** An answer that is kept, against the library alone; and what others pay for the cache. */
export default [
  {
    name: 'a kept answer',
    apart: true,
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
];
