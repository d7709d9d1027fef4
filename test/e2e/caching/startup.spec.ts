import { Injectable, Scope, UseGuards, type CanActivate } from '@nestjs/common';
import {
  Cached,
  Command,
  CommandHandler,
  CqrsModule,
  Event,
  EventsHandler,
  memoryCache,
  Query,
  QueryHandler,
  StreamQuery,
  Touches,
  type CqrsModuleOptions,
} from 'nestjs-cqrs';
import { codesOf, refusalOf, start } from '../../support/application.js';

@Cached({ ttl: 1_000 })
class Get extends Query<string> {}

@QueryHandler(Get)
class GetHandler {
  async execute(_query: Get) {
    return 'got';
  }
}

const withCache = { cache: memoryCache() };
const withProviders = (
  providers: NonNullable<Parameters<typeof start>[0]['providers']>,
  options: CqrsModuleOptions,
) => ({
  imports: [CqrsModule.forRoot(options)],
  providers,
});

describe('at startup', () => {
  it('a cached query needs a cache, and the error says where it is given', async () => {
    const { problems } = await refusalOf(withProviders([GetHandler], {}));
    expect(problems).toEqual([
      {
        code: 'CQRS_NO_CACHE',
        what: '@Cached is used, and the application has no cache.',
        where: 'GetHandler in RootTestModule',
        remedy: 'Give it one: CqrsModule.forRoot({ cache: memoryCache() }).',
      },
    ]);
  });

  it('a handler per request needs vary, and may say that it depends on nothing', async () => {
    @QueryHandler(Get)
    class Scoped {
      async execute(_query: Get) {
        return 'got';
      }
    }
    Injectable({ scope: Scope.REQUEST })(Scoped);
    expect(await codesOf(withProviders([Scoped], withCache))).toEqual(['CQRS_CACHED_WITHOUT_VARY']);

    @Cached({ ttl: 1_000, vary: [] })
    class Same extends Query<string> {}

    @QueryHandler(Same)
    class ScopedToo {
      async execute(_query: Same) {
        return 'same';
      }
    }
    Injectable({ scope: Scope.REQUEST })(ScopedToo);
    const { queries } = await start(withProviders([ScopedToo], withCache));
    expect(await queries.ask(new Same())).toBe('same');
  });

  it('rows and commands are not cached', async () => {
    @Cached({ ttl: 1_000 })
    class Rows extends StreamQuery<number> {}

    @QueryHandler(Rows)
    class RowsHandler {
      *execute(_query: Rows) {
        yield 1;
      }
    }

    @Cached({ ttl: 1_000 })
    class Act extends Command {}

    @CommandHandler(Act)
    class ActHandler {
      async execute(_command: Act) {}
    }
    const { problems } = await refusalOf(withProviders([RowsHandler, ActHandler], withCache));
    expect(problems.map(({ code, what }) => [code, what])).toEqual([
      ['CQRS_NOT_CACHEABLE', '@Cached is for queries that are asked, and it is on the command Act.'],
      ['CQRS_NOT_CACHEABLE', '@Cached is for queries that are asked, and it is on Rows, which answers with rows.'],
    ]);
  });

  it('the error of a cached command handler says that it is on the handler', async () => {
    class Act extends Command {}

    @Cached({ ttl: 1_000 })
    @CommandHandler(Act)
    class ActHandler {
      async execute(_command: Act) {}
    }
    const { problems } = await refusalOf(withProviders([ActHandler], withCache));
    expect(problems.map(({ what, where }) => [what, where])).toEqual([
      ['@Cached is for queries that are asked, and it is on a handler of commands.', 'ActHandler in RootTestModule'],
    ]);
  });

  it('a service that handles an event and a query touches by its method', async () => {
    class Saved extends Event {}

    @Touches(() => ['got'])
    @Injectable()
    class Both {
      @EventsHandler(Saved)
      save(_event: Saved) {}

      @QueryHandler(Get)
      async get(_query: Get) {
        return 'got';
      }
    }
    const { problems } = await refusalOf(withProviders([Both], withCache));
    expect(problems).toEqual([
      {
        code: 'CQRS_INVALID_HANDLER',
        what: '@Touches is for commands and events, and this handles a query, which changes nothing.',
        where: 'Both.get in RootTestModule',
        remedy: 'Put it on the command or event that changes what the query reads, or on the method that handles that.',
      },
    ]);
  });

  it('guards would not run for each caller', async () => {
    class Guard implements CanActivate {
      canActivate() {
        return true;
      }
    }

    @QueryHandler(Get)
    @UseGuards(Guard)
    class Guarded {
      async execute(_query: Get) {
        return 'got';
      }
    }
    const { problems } = await refusalOf(withProviders([Guarded], withCache));
    expect(problems.map(({ code, what }) => [code, what])).toEqual([
      ['CQRS_NOT_CACHEABLE', 'The guard Guard would not run for a caller whose answer is in the cache.'],
    ]);
  });

  it('a query is cached in one place', async () => {
    @QueryHandler(Get)
    @Cached({ ttl: 5 })
    class Twice {
      async execute(_query: Get) {
        return 'got';
      }
    }
    expect(await codesOf(withProviders([Twice], withCache))).toEqual(['CQRS_CACHED_TWICE']);
  });

  it('decorators that nothing runs are told', async () => {
    @Injectable()
    class Service {
      @Cached({ ttl: 5 })
      async find(_query: Get) {
        return 'found';
      }

      @Touches(() => ['a'])
      async save(_command: object) {
        return 'saved';
      }
    }
    const { problems } = await refusalOf(withProviders([GetHandler, Service], withCache));
    expect(problems.map(({ code, where }) => [code, where])).toEqual([
      ['CQRS_INVALID_HANDLER', 'Service.find'],
      ['CQRS_INVALID_HANDLER', 'Service.save'],
    ]);
  });

  it('the option cache takes a cache', async () => {
    expect(await codesOf(withProviders([], { cache: {} as never }))).toEqual(['CQRS_INVALID_OPTIONS']);
  });

  it('options that do not exist are refused where they are written', () => {
    expect(() => Cached({ ttl: 1, tag: [] } as never)).toThrow(
      'There is no option "tag". Where: @Cached. Did you mean "tags"?',
    );
    expect(() => Cached({} as never)).toThrow(
      'The option "ttl" must be a number of milliseconds greater than 0, and not Infinity, not left out. Where: @Cached. Give it such a value: it has no default.',
    );
    expect(() => Cached({ ttl: 5, tags: ['user'] as never })).toThrow(
      'The option "tags" must be a function, not a list. Where: @Cached. Give a function, as in message => [`user:${message.userId}`].',
    );
    expect(() => Touches(['user'] as never)).toThrow(
      'The option "tags" must be a function, not a list. Where: @Touches. Give a function, as in message => [`user:${message.userId}`].',
    );
    expect(() => Cached(undefined as never)).toThrow('The options of @Cached must be an object with options');
    expect(() => Touches('user:1' as never)).toThrow('must be a function');
    expect(() => memoryCache({ byte: 1 } as never)).toThrow(
      'There is no option "byte". Where: memoryCache(). Did you mean "bytes"?',
    );
  });
});
