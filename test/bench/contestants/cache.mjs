import { BentoCache, bentostore } from 'bentocache';
import { memoryDriver } from 'bentocache/drivers/memory';
import { bentoCache } from 'nestjs-cqrs/cache';
import { cqrs, withCqrs } from './applications.mjs';
import { messageTypes } from './classes.mjs';

/** What the query answers. */
const user = { id: 'u1', name: 'Ann', email: 'ann@example.org', roles: ['admin', 'author'] };

const bento = () =>
  new BentoCache({
    default: 'answers',
    stores: { answers: bentostore().useL1Layer(memoryDriver({ maxItems: 1_000 })) },
  });

/** The library alone, with the same answer under a key and a tag. */
export async function bareGet() {
  const cache = bento();
  await cache.set({ key: 'user:u1', value: user, ttl: 600_000, tags: ['user:u1'] });
  return () => cache.get({ key: 'user:u1' });
}

async function asking({ cached, options }) {
  const [Query] = messageTypes(1, cqrs.Query);
  if (cached) cqrs.Cached({ ttl: 600_000, tags: () => ['user:u1'] })(Query);
  class Handler {
    async execute() {
      return user;
    }
  }
  cqrs.QueryHandler(Query)(Handler);
  const app = await withCqrs([Handler], options);
  const queries = app.get(cqrs.QueryBus);
  const query = new Query(1);
  await queries.ask(query);
  return () => queries.ask(query);
}

export const inMemory = () => asking({ cached: true, options: { cache: cqrs.memoryCache() } });
export const inBento = () => asking({ cached: true, options: { cache: bentoCache(bento()) } });

/** Of an application with a cache, which other queries use. */
export const notCached = () => asking({ cached: false, options: { cache: cqrs.memoryCache() } });
export const withoutCache = () => asking({ cached: false, options: {} });
