import {
  Cached,
  Command,
  CommandHandler,
  CqrsModule,
  Event,
  EventsHandler,
  header,
  memoryCache,
  Query,
  QueryHandler,
  TouchedTags,
  Touches,
} from 'nestjs-cqrs';
import type { QueryCache } from 'nestjs-cqrs/extension';
import { queryCacheConformance } from 'nestjs-cqrs/testing';
import { bentoCache, type AnyBentoCache } from 'nestjs-cqrs/cache';

const tenant = header<string>('tenant');
const user = header<{ readonly id: number }>('user');

@Cached({
  ttl: 5,
  tags: (query: GetUser) => [`user:${query.userId}`],
  vary: [tenant, user],
  key: query => query.userId,
})
class GetUser extends Query<string> {
  constructor(readonly userId: string) {
    super();
  }
}

/** A key of a base class fits. */
@Cached({ ttl: 5, tags: (query: { readonly userId: string }) => [query.userId], grace: 0, negative: true, jitter: 0 })
class GetMore extends GetUser {}

@Cached({ ttl: 5 })
class Plain {
  readonly a = 1;
}

@Touches((command: Rename) => [`user:${command.userId}`])
class Rename extends Command {
  readonly userId = '1';
}

@Touches((event: Renamed) => [event.userId] as const)
class Renamed extends Event {
  readonly userId = '1';
}

@QueryHandler(GetMore)
@Cached<GetMore>({ ttl: 5, tags: query => [query.userId], negative: 100 })
class Handler {
  async execute(query: GetMore) {
    return query.userId;
  }

  @Cached({ ttl: 5, tags: (query: GetUser) => [query.userId] })
  @QueryHandler(GetUser)
  async other(query: GetUser) {
    return query.userId;
  }

  @Touches((command: Rename) => [command.userId])
  @CommandHandler(Rename)
  async rename(_command: Rename) {}
}

@EventsHandler(Renamed)
@Touches((event: Renamed) => [event.userId])
class Projection {
  handle(_event: Renamed) {}
}

const own: QueryCache = {
  name: 'own',
  get: () => undefined,
  set: async () => undefined,
  delete: () => undefined,
  touch: async () => undefined,
  clear: () => undefined,
};

declare const bento: AnyBentoCache;

CqrsModule.forRoot({ cache: memoryCache({ bytes: 1, entries: 1 }) });
CqrsModule.forRoot({ cache: own });
CqrsModule.forRoot({ cache: bentoCache(bento, { disconnects: false }) });

export const touch = (tags: TouchedTags) => {
  const stop: () => void = tags.onTouched(({ tags: all, from }) => [all.length, from === 'here']);
  stop();
  return tags.touch(['a']) satisfies Promise<void>;
};

const { cases } = queryCacheConformance({
  name: 'own',
  isShared: true,
  tellsTouches: false,
  cache: async () => own,
  patience: 1_000,
});
queryCacheConformance({ name: 'memory', isShared: false, cache: () => memoryCache() });
export const [first] = cases.map(({ name, skipped, run }): [string, string | undefined, Promise<void>] => [
  name,
  skipped,
  run(),
]);
export { Handler, Plain, Projection };
