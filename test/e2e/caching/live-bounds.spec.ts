import { AsyncLocalStorage } from 'node:async_hooks';
import { Global, Injectable, Module, Scope, type ModuleMetadata, type OnModuleInit } from '@nestjs/common';
import {
  Cached,
  ContextOrigin,
  CqrsModule,
  header,
  memoryCache,
  MessageContext,
  Query,
  QueryBus,
  QueryHandler,
  TouchedTags,
  type CqrsModuleOptions,
  type LiveOptions,
} from 'nestjs-cqrs';
import type { Observable } from 'rxjs';
import type { LiveQueries } from '../../../lib/caching/live-queries.js';
import { start } from '../../support/application.js';
import { pending, quiet, until } from '../../support/waiting.js';
import { allTold, Watched } from './watched.js';

const tenant = header<string>('tenant');
const locale = header<string>('locale');
const request = new AsyncLocalStorage<string>();

@Cached({ ttl: 60_000, vary: [tenant], tags: () => ['prices'] })
class Prices extends Query<string> {}

/** Reads what `vary` does not name. */
@Cached({ ttl: 60_000, vary: [tenant], tags: () => ['labels'] })
class Labels extends Query<string> {}

/** Its answer cannot be written. */
@Cached({ ttl: 60_000, tags: () => ['icons'] })
class Icons extends Query<() => string> {}

@Cached({ ttl: 60_000 })
class WithoutTags extends Query<string> {}

@Cached({ ttl: 60_000, tags: () => [''] })
class InvalidTags extends Query<string> {}

class NotCached extends Query<string> {}

@Injectable()
class Shop {
  runs = 0;
  gate: Promise<unknown> | undefined;
  /** What runs have found around them. */
  readonly seen: unknown[] = [];
  readonly signals: AbortSignal[] = [];

  @QueryHandler(Prices)
  async prices(_query: Prices, context: MessageContext) {
    const run = ++this.runs;
    this.signals.push(context.signal);
    this.seen.push([request.getStore(), context.correlationId]);
    await this.gate;
    return `${run} of ${context.header(tenant)}`;
  }

  @QueryHandler(Labels)
  async labels(_query: Labels, context: MessageContext) {
    this.runs += 1;
    const language = context.header(locale);
    if (language === 'broken') throw new Error('no labels in broken');
    await this.gate;
    return `${this.runs} in ${language}`;
  }

  @QueryHandler(Icons)
  async icons() {
    this.runs += 1;
    return () => 'icon';
  }

  @QueryHandler(WithoutTags)
  @QueryHandler(InvalidTags)
  @QueryHandler(NotCached)
  async others() {
    return 'other';
  }
}

const startShop = async (options: CqrsModuleOptions = {}, more: ModuleMetadata['providers'] = []) => {
  const started = await start({
    imports: [CqrsModule.forRoot({ cache: memoryCache(), ...options })],
    providers: [Shop, ...more],
  });
  const touched = started.app.get(TouchedTags);
  const watch = (query: Query<unknown> = new Prices(), given: LiveOptions & { errors?: 'end' } = {}) =>
    new Watched(started.queries.live(query, given));
  return { ...started, shop: started.app.get(Shop), touched, watch, held: () => heldBy(started.queries) };
};

/** How much a bus holds for its watchers. */
const heldBy = (queries: QueryBus) => (queries as unknown as { liveQueries: LiveQueries }).liveQueries.held;

const A = { headers: tenant.of('a') };
const B = { headers: tenant.of('b') };

describe('the end of a live query', () => {
  it('comes with its signal', async () => {
    const { watch, touched, shop, held } = await startShop();
    const leaving = new AbortController();
    const watched = watch(new Prices(), { signal: leaving.signal });
    await watched.told(1);
    leaving.abort();
    expect(watched.isComplete).toBe(true);
    await touched.touch(['prices']);
    await quiet();
    expect(shop.runs).toBe(1);
    expect(held()).toBe(0);
    expect(watch(new Prices(), { signal: leaving.signal })).toMatchObject({ isComplete: true, values: [], errors: [] });
  });

  it('comes with the signal of the context in which it was called', async () => {
    const { queries, held } = await startShop({ propagateContext: true });
    const leaving = new AbortController();
    const origin = new ContextOrigin({ signal: leaving.signal });
    const given = new Watched(queries.live(new Prices(), origin));
    const around = new Watched(origin.run(() => queries.live(new Prices())));
    await Promise.all([given.told(1), around.told(1)]);
    leaving.abort();
    expect([given, around]).toMatchObject([1, 2].map(() => ({ isComplete: true, errors: [] })));
    expect(held()).toBe(0);
  });

  it('comes with the application, which does not wait for it', async () => {
    const { app, watch, shop, touched, held } = await startShop();
    const idle = watch();
    await idle.told(1);
    const delayed = watch(new Prices(), { debounce: 60_000 });
    await delayed.told(1);
    await touched.touch(['prices']);
    await until(() => shop.runs === 2);
    shop.gate = pending().promise;
    const running = watch(new Prices(), B);
    await until(() => shop.runs === 3);
    await app.close();
    expect([idle, delayed, running].map(({ isComplete, errors }) => [isComplete, errors])).toEqual([
      [true, []],
      [true, []],
      [true, []],
    ]);
    expect(held()).toBe(0);
  });

  it('comes at once while the application closes, after the value', async () => {
    let late: Watched<unknown> | undefined;
    @Injectable()
    class Closing {
      constructor(private readonly queries: QueryBus) {}

      onModuleDestroy() {
        late = new Watched(this.queries.live(new Prices(), A));
        return late.told(1);
      }
    }
    const { app, held } = await startShop({}, [Closing]);
    await app.close();
    expect(late).toMatchObject({ values: ['1 of a'], isComplete: true });
    expect(held()).toBe(0);
  });

  it('is a refusal after the application has closed', async () => {
    const { app, queries } = await startShop();
    await app.close();
    expect(() => queries.live(new Prices())).toThrow(expect.objectContaining({ code: 'CQRS_BUS_CLOSED' }));
  });
});

describe('a watcher that leaves', () => {
  it.each(['idle', 'asking', 'waiting for its turn', 'waiting for its debounce'])(
    'leaves nothing behind: %s',
    async state => {
      const { watch, shop, touched, held } = await startShop();
      if (state === 'asking') shop.gate = pending().promise;
      const watched = watch(new Prices(), state.endsWith('debounce') ? { debounce: 60_000 } : {});
      if (state !== 'asking') await watched.told(1);
      if (state.startsWith('waiting')) await touched.touch(['prices']);
      expect(held()).toBeGreaterThan(0);
      watched.leave();
      expect(held()).toBe(0);
      await until(() => state !== 'asking' || shop.signals[0]!.aborted);
      await quiet();
      expect(shop.runs).toBe(1);
      expect(watched).toMatchObject({ isComplete: false, errors: [] });
    },
  );

  it('takes nothing from those that stay, of the same query and of others', async () => {
    const { watch, touched, held } = await startShop();
    const [first, stays, other] = [watch(new Prices(), A), watch(new Prices(), A), watch(new Prices(), B)];
    await Promise.all([first, stays, other].map(watched => watched.told(1)));
    first.leave();
    await touched.touch(['prices']);
    await Promise.all([stays.told(2), other.told(2)]);
    expect(first.values).toHaveLength(1);
    stays.leave();
    other.leave();
    expect(held()).toBe(0);
  });

  it('may do so while it is told, and touch, too', async () => {
    const { queries, touched, held } = await startShop();
    const values: string[] = [];
    const subscription = queries.live(new Prices(), A).subscribe(value => {
      values.push(value);
      if (values.length < 3) void touched.touch(['prices']);
      else subscription.unsubscribe();
    });
    await until(() => values.length === 3);
    await quiet();
    expect(values).toEqual(['1 of a', '2 of a', '3 of a']);
    expect(held()).toBe(0);
  });

  it('after a failure nothing is left', async () => {
    const { watch, held } = await startShop();
    const watched = watch(new Labels(), { headers: locale.of('broken') });
    await until(() => watched.errors.length > 0);
    expect(held()).toBe(0);
  });
});

describe('watchers of different callers', () => {
  it('have runs of their own by the headers of vary', async () => {
    const { watch, touched } = await startShop();
    const [a, b, again] = [watch(new Prices(), A), watch(new Prices(), B), watch(new Prices(), A)];
    await Promise.all([a, b, again].map(watched => watched.told(1)));
    await touched.touch(['prices']);
    await Promise.all([a, b, again].map(watched => watched.told(2)));
    expect([a.values, b.values, again.values]).toEqual([
      ['1 of a', '3 of a'],
      ['2 of b', '4 of b'],
      ['1 of a', '3 of a'],
    ]);
  });

  it('have runs of their own where a run reads a header that vary does not name', async () => {
    const { watch, touched, shop, log } = await startShop();
    const languages = ['de', 'en', 'fr'];
    const all = languages.map(language => watch(new Labels(), { headers: locale.of(language) }));
    await allTold(all, 1);
    await touched.touch(['labels']);
    await allTold(all, 2);
    for (const [at, { values }] of all.entries())
      expect(values).toEqual([
        expect.stringContaining(`in ${languages[at]}`),
        expect.stringContaining(`in ${languages[at]}`),
      ]);
    expect(shop.runs).toBe(6);
    expect(log.warnings).toHaveLength(1);
  });

  it('are not told the failure of a run that has read such a header', async () => {
    const { watch } = await startShop();
    const broken = watch(new Labels(), { headers: locale.of('broken') });
    const other = watch(new Labels(), { headers: locale.of('de') });
    await other.told(1);
    await until(() => broken.errors.length > 0);
    expect(other.errors).toEqual([]);
  });

  it('a run has the context of a watcher, and what each is told has its own', async () => {
    const { queries, shop, touched } = await startShop({ propagateContext: true });
    const told: unknown[] = [];
    for (const name of ['one', 'two'])
      request.run(name, () =>
        new ContextOrigin({ correlationId: name }).run(() => {
          queries.live(new Prices()).subscribe(value => {
            told.push([name, value, request.getStore(), ContextOrigin.find()?.correlationId]);
          });
        }),
      );
    await until(() => told.length === 2);
    await request.run('of the touch', () => touched.touch(['prices']));
    await until(() => told.length === 4);
    expect(told.map(String).toSorted()).toEqual([
      'one,1 of undefined,one,one',
      'one,2 of undefined,one,one',
      'two,1 of undefined,two,two',
      'two,2 of undefined,two,two',
    ]);
    expect(shop.seen).toEqual([
      ['one', 'one'],
      ['one', 'one'],
    ]);
  });

  it('subscribing elsewhere makes no difference: the context is that of the call', async () => {
    const { queries, shop } = await startShop();
    const live = request.run('of the call', () => queries.live(new Prices()));
    await request.run('of the subscription', () => new Watched(live).told(1));
    expect(shop.seen).toEqual([['of the call', expect.any(String)]]);
  });

  it('each run is a dispatch of its own, with the correlation and headers of its cause', async () => {
    const seen: MessageContext[] = [];
    const { watch, touched } = await startShop({
      middleware: [
        (message, next, context) => {
          seen.push(context);
          return next(message);
        },
      ],
    });
    const cause = new ContextOrigin({ correlationId: 'c1', headers: tenant.of('a') });
    const watched = watch(new Prices(), { context: cause });
    await watched.told(1);
    await touched.touch(['prices']);
    await watched.told(2);
    expect(seen.map(({ correlationId }) => correlationId)).toEqual(['c1', 'c1']);
    expect(new Set(seen.map(({ messageId }) => messageId)).size).toBe(2);
    expect(watched.values).toEqual(['1 of a', '2 of a']);
  });

  it('a handler per request is made for each run', async () => {
    let made = 0;
    @Injectable({ scope: Scope.REQUEST })
    @QueryHandler(Prices)
    class PerRequest {
      readonly number = ++made;

      async execute() {
        return `by ${this.number}`;
      }
    }
    const { app, queries } = await start({
      imports: [CqrsModule.forRoot({ cache: memoryCache() })],
      providers: [PerRequest],
    });
    const [one, other] = [1, 2].map(() => new Watched(queries.live(new Prices())));
    await Promise.all([one!.told(1), other!.told(1)]);
    await app.get(TouchedTags).touch(['prices']);
    await Promise.all([one!.told(2), other!.told(2)]);
    expect([one!.values, other!.values]).toEqual([
      ['by 1', 'by 2'],
      ['by 1', 'by 2'],
    ]);
  });
});

describe('what is not live', () => {
  it.each<[string, Query<string>, string]>([
    ['no @Cached', new NotCached(), 'NotCached has no @Cached'],
    ['no tags', new WithoutTags(), '@Cached of WithoutTags names no tags'],
  ])('is refused at the call: %s', async (_what, query, text) => {
    const { queries } = await startShop();
    expect(() => queries.live(query)).toThrow(
      expect.objectContaining({ code: 'CQRS_NOT_LIVE', message: expect.stringContaining(text) }),
    );
  });

  it('other mistakes are refused there, too', async () => {
    const { queries } = await startShop();
    class Unhandled extends Query<string> {}
    const codeOf = (call: () => unknown) => {
      try {
        call();
      } catch (error) {
        return (error as { code: string }).code;
      }
      return 'none';
    };
    expect([
      codeOf(() => queries.live(new InvalidTags())),
      codeOf(() => queries.live(new Unhandled())),
      codeOf(() => queries.live({} as Query<string>)),
      codeOf(() => queries.live(new Prices(), { debounce: -1 })),
      codeOf(() => queries.live(new Prices(), { debounce: Infinity })),
      codeOf(() => queries.live(new Prices(), { errors: 'never' as 'end' })),
      codeOf(() => queries.live(new Prices(), { messageId: '1' } as LiveOptions & { errors?: 'end' })),
      codeOf(() => queries.live(new Prices(), 1 as never)),
      codeOf(() => new QueryBus().live(new Prices())),
    ]).toEqual([
      'CQRS_INVALID_TAGS',
      'CQRS_HANDLER_NOT_FOUND',
      'CQRS_HANDLER_NOT_FOUND',
      'CQRS_INVALID_OPTIONS',
      'CQRS_INVALID_OPTIONS',
      'CQRS_INVALID_OPTIONS',
      'CQRS_INVALID_OPTIONS',
      'CQRS_INVALID_OPTIONS',
      'CQRS_HANDLER_NOT_FOUND',
    ]);
  });

  it('a bus without an application is refused', () => {
    const queries = new QueryBus();
    queries.register(Prices, () => Promise.resolve('5 €'));
    expect(() => queries.live(new Prices())).toThrow(
      expect.objectContaining({ code: 'CQRS_NOT_LIVE', message: expect.stringContaining('memoryCache()') }),
    );
  });

  it('an answer that cannot be written is told after each touch', async () => {
    const { watch, touched, shop } = await startShop();
    const watched = watch(new Icons());
    await watched.told(1);
    await touched.touch(['icons']);
    await watched.told(2);
    expect(shop.runs).toBe(2);
  });
});

describe('a live query before the application has started', () => {
  it('begins when handlers are there, and fails with what refuses it', async () => {
    const early: Watched<unknown>[] = [];
    @Injectable()
    class Settings implements OnModuleInit {
      constructor(private readonly queries: QueryBus) {}

      onModuleInit() {
        early.push(new Watched(this.queries.live(new Prices(), A)), new Watched(this.queries.live(new NotCached())));
      }
    }
    @Global()
    @Module({ providers: [Settings] })
    class FirstModule {}
    const { app } = await start({
      imports: [FirstModule, CqrsModule.forRoot({ cache: memoryCache() })],
      providers: [Shop],
    });
    await early[0]!.told(1);
    await app.get(TouchedTags).touch(['prices']);
    await early[0]!.told(2);
    expect(early[0]!.values).toEqual(['1 of a', '2 of a']);
    expect(early[1]!.errors).toEqual([expect.objectContaining({ code: 'CQRS_NOT_LIVE' })]);
  });

  it('in a constructor is refused, and may be subscribed to later', async () => {
    let refused: Watched<unknown> | undefined;
    @Injectable()
    class Settings {
      readonly prices: Observable<string>;

      constructor(queries: QueryBus) {
        this.prices = queries.live(new Prices(), A);
        refused = new Watched(this.prices);
      }
    }
    const { app } = await startShop({}, [Settings]);
    expect(refused!.errors).toEqual([expect.objectContaining({ code: 'CQRS_NOT_WIRED' })]);
    const watched = new Watched(app.get(Settings).prices);
    await watched.told(1);
    expect(watched.values).toEqual(['1 of a']);
  });
});
