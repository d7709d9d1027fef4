import { Injectable, Scope } from '@nestjs/common';
import {
  Cached,
  CqrsModule,
  header,
  memoryCache,
  Message,
  MessageContext,
  Query,
  QueryBus,
  QueryHandler,
  type CqrsModuleOptions,
} from 'nestjs-cqrs';
import { start } from '../../support/application.js';
import { pending, quiet, until } from '../../support/waiting.js';

const tenant = header<string>('tenant');
const locale = header<string>('locale');

@Cached({ ttl: 60_000, vary: [tenant] })
class Prices extends Query<string> {}

/** Reads what `vary` does not name. */
@Cached({ ttl: 60_000, vary: [tenant] })
class Labels extends Query<string> {}

/** Asks another one, which reads. */
@Cached({ ttl: 60_000 })
class Page extends Query<string> {}

/** Is not cached itself. */
class Title extends Query<string> {}

/** Asks another one with a header of its own. */
@Cached({ ttl: 60_000 })
class Catalogue extends Query<string> {}

/** Made per request. */
@Cached({ ttl: 60_000, vary: [tenant] })
class Cart extends Query<string> {}

/** Waits until the test lets it go on. */
@Cached({ ttl: 60_000 })
class Report extends Query<string> {
  constructor(readonly month = 1) {
    super();
  }
}

@Injectable()
class Shop {
  runs = 0;
  gate: Promise<unknown> = Promise.resolve();
  readonly signals: AbortSignal[] = [];

  constructor(private readonly queries: QueryBus) {}

  @QueryHandler(Prices)
  async prices(_query: Prices, context: MessageContext) {
    this.runs += 1;
    return `prices of ${context.header(tenant)}`;
  }

  @QueryHandler(Labels)
  async labels(_query: Labels, context: MessageContext) {
    this.runs += 1;
    return `labels of ${context.header(tenant)} in ${context.headers['locale'] as string}`;
  }

  @QueryHandler(Page)
  async page() {
    this.runs += 1;
    return `page: ${await this.queries.ask(new Title())}`;
  }

  @QueryHandler(Title)
  async title(_query: Title, context: MessageContext) {
    return `title of ${context.header(tenant)}`;
  }

  @QueryHandler(Catalogue)
  async catalogue() {
    this.runs += 1;
    return this.queries.ask(new Title(), { headers: tenant.of('everybody') });
  }

  @QueryHandler(Report)
  async report(_query: Report, { signal }: MessageContext) {
    this.runs += 1;
    this.signals.push(signal);
    await Promise.race([
      this.gate,
      new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error))),
    ]);
    return 'report';
  }
}

@QueryHandler(Cart)
class CartHandler {
  static made = 0;

  constructor() {
    CartHandler.made += 1;
  }

  async execute(_query: Cart, context: MessageContext) {
    return `cart of ${context.header(tenant)}`;
  }
}
Injectable({ scope: Scope.REQUEST })(CartHandler);

const startShop = async (options: CqrsModuleOptions = {}) => {
  CartHandler.made = 0;
  const started = await start({
    imports: [CqrsModule.forRoot({ cache: memoryCache(), ...options })],
    providers: [Shop, CartHandler],
  });
  const ask = (query: Query<string>, headers = {}) => started.queries.ask(query, { headers });
  return { ...started, shop: started.app.get(Shop), ask };
};

const A = tenant.of('a');
const B = tenant.of('b');

describe('a cached answer belongs to those who may have it', () => {
  it('callers with other headers of vary have answers of their own', async () => {
    const { ask, shop } = await startShop();
    const both = async () => [await ask(new Prices(), A), await ask(new Prices(), B), await ask(new Prices())];
    expect(await both()).toEqual(['prices of a', 'prices of b', 'prices of undefined']);
    expect(await both()).toEqual(['prices of a', 'prices of b', 'prices of undefined']);
    expect(shop.runs).toBe(3);
  });

  it('headers of which vary knows nothing make no difference', async () => {
    const { ask, shop } = await startShop();
    await ask(new Prices(), { ...A, ...locale.of('de') });
    await ask(new Prices(), { ...A, ...locale.of('en') });
    expect(shop.runs).toBe(1);
  });

  it('an answer of a class with @Message that messages does not name is not kept, and told with its remedy', async () => {
    @Message({ name: 'shop.offer' })
    class Offer {
      constructor(readonly cents: number) {}
    }

    @Cached({ ttl: 60_000 })
    class GetOffer extends Query<Offer> {}

    @QueryHandler(GetOffer)
    class GetOfferHandler {
      async execute(_query: GetOffer) {
        return new Offer(5);
      }
    }
    const { queries, log } = await start({
      imports: [CqrsModule.forRoot({ cache: memoryCache() })],
      providers: [GetOfferHandler],
    });
    expect(await queries.ask(new GetOffer())).toEqual(new Offer(5));
    expect(log.warnings).toEqual([
      'GetOffer is not cached: its answer cannot be kept. An instance of Offer cannot leave the process: its class has @Message, but neither the message nor the catalog names it. Where: value of the answer of GetOffer. Name its class in the messages of CqrsModule.forRoot(), or answer with plain data. [CQRS_UNSERIALIZABLE]',
    ]);
  });

  it('a run that reads another header is not kept, not shared, and told once', async () => {
    const { ask, shop, log } = await startShop();
    const asked = ['de', 'en', 'de'].map(language => ask(new Labels(), { ...A, ...locale.of(language) }));
    expect(await Promise.all(asked)).toEqual(['labels of a in de', 'labels of a in en', 'labels of a in de']);
    expect(await ask(new Labels(), { ...A, ...locale.of('en') })).toBe('labels of a in en');
    expect(shop.runs).toBe(4);
    expect(log.warnings).toEqual([
      'Labels is not cached: its run read the header "locale", and vary does not name it. Name what it depends on in vary, or do not read it.',
    ]);
  });

  it.each([false, true])('also if a nested query reads it, propagateContext: %s', async propagateContext => {
    const { queries, shop, log, ask } = await startShop({ propagateContext });
    expect(await ask(new Page(), A)).toBe('page: title of a');
    expect(await ask(new Page(), B)).toBe('page: title of b');
    expect(await queries.ask(new Page())).toBe('page: title of undefined');
    expect(shop.runs).toBe(3);
    expect(log.warnings).toHaveLength(1);
  });

  it('a header that the run itself gives a nested query is its own', async () => {
    const { ask, shop, log } = await startShop();
    expect(await ask(new Catalogue(), A)).toBe('title of everybody');
    expect(await ask(new Catalogue(), B)).toBe('title of everybody');
    expect(shop.runs).toBe(1);
    expect(log.warnings).toEqual([]);
  });

  it('a handler per request is made for a run alone', async () => {
    const { ask } = await startShop();
    expect([await ask(new Cart(), A), await ask(new Cart(), A), await ask(new Cart(), B)]).toEqual([
      'cart of a',
      'cart of a',
      'cart of b',
    ]);
    expect(CartHandler.made).toBe(2);
  });
});

describe('a caller that leaves', () => {
  const held = async () => {
    const gate = pending();
    const started = await startShop();
    started.shop.gate = gate.promise;
    return { ...started, gate };
  };

  it('does not end the run of the others, also if it has started it', async () => {
    const { queries, shop, gate } = await held();
    const leaving = new AbortController();
    const first = queries.ask(new Report(), { signal: leaving.signal });
    const second = queries.ask(new Report(), { signal: new AbortController().signal });
    await quiet();
    leaving.abort(new Error('gone'));
    await expect(first).rejects.toThrow('gone');
    expect(shop.signals.map(({ aborted }) => aborted)).toEqual([false]);
    gate.finish();
    expect(await second).toBe('report');
    expect(shop.runs).toBe(1);
  });

  it('the last one ends it, and the next query runs anew', async () => {
    const { queries, shop, gate } = await held();
    const controllers = [new AbortController(), new AbortController()];
    const asked = controllers.map(({ signal }) => queries.ask(new Report(), { signal }));
    await quiet();
    for (const controller of controllers) controller.abort(new Error('gone'));
    expect((await Promise.allSettled(asked)).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    await until(() => shop.signals[0]!.aborted);
    gate.finish();
    expect(await queries.ask(new Report())).toBe('report');
    expect(shop.runs).toBe(2);
  });

  it('one whose time is up leaves, too', async () => {
    const { queries, shop, gate } = await held();
    const first = queries.ask(new Report(), { timeout: 20 });
    const second = queries.ask(new Report());
    await expect(first).rejects.toMatchObject({ code: 'CQRS_TIMEOUT' });
    gate.finish();
    expect(await second).toBe('report');
    expect(shop.runs).toBe(1);
  });
});
