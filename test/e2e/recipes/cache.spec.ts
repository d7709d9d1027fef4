import { Injectable, Scope } from '@nestjs/common';
import {
  CqrsModule,
  type CqrsMiddleware,
  Event,
  EventsHandler,
  header,
  type MessageContext,
  type Next,
  Query,
  QueryHandler,
  StreamQuery,
  UseMiddleware,
} from 'nestjs-cqrs';
import { scenario, track, virtualTime } from 'nestjs-cqrs/testing';
import { start } from '../../support/application.js';
import { soon } from '../../support/waiting.js';

// #region settings
const tenant = header<string>('tenant');

@Injectable()
class CacheSettings {
  readonly entries: number = 1_000;
  readonly milliseconds: number = 60_000;
}
// #endregion

class GetPrice extends Query<{ cents: number }> {
  constructor(
    readonly item: string,
    readonly currency = 'EUR',
  ) {
    super();
  }
}
class GetStock extends Query<number> {
  constructor(readonly item: string) {
    super();
  }
}
class PriceChanged extends Event {}

// #region middleware
@Injectable()
class CacheMiddleware implements CqrsMiddleware {
  /** Oldest first: what is read again moves to the end. */
  private answers = new Map<string, { answer: unknown; until: number }>();

  constructor(private readonly settings: CacheSettings) {}

  async intercept(message: object, next: Next, context: MessageContext) {
    const { answers, settings } = this;
    // Everything that the answer depends on: the type, the fields, the tenant.
    const key = JSON.stringify([context.type.name, message, context.header(tenant)]);
    const known = answers.get(key);
    answers.delete(key);
    if (known && known.until > Date.now()) {
      answers.set(key, known);
      return known.answer;
    }
    const answer: unknown = await next(message);
    answers.set(key, { answer, until: Date.now() + settings.milliseconds });
    for (const oldest of answers.keys()) {
      if (answers.size <= settings.entries) break;
      answers.delete(oldest);
    }
    return answer;
  }

  /** A new map, so that an answer that was read before the change and arrives after it is not kept. */
  @EventsHandler(PriceChanged)
  clear() {
    this.answers = new Map();
  }
}
// #endregion

let runs: string[] = [];
beforeEach(() => (runs = []));

const prices = new Map<string, number>();
@Injectable()
class PriceList {
  async of(item: string): Promise<number> {
    runs.push(item);
    await soon();
    if (!prices.has(item)) throw new Error(`${item} has no price.`);
    return prices.get(item)!;
  }
}

// #region handler
@QueryHandler(GetPrice)
@UseMiddleware(CacheMiddleware)
class GetPriceHandler {
  constructor(private readonly prices: PriceList) {}

  async execute({ item }: GetPrice) {
    return { cents: await this.prices.of(item) };
  }
}
// #endregion

@QueryHandler(GetStock)
@UseMiddleware(CacheMiddleware)
class GetStockHandler {
  async execute({ item }: GetStock) {
    runs.push(`stock of ${item}`);
    return 3;
  }
}

class Two extends CacheSettings {
  override readonly entries = 2;
}

const run = (settings: typeof CacheSettings = CacheSettings, imports = [CqrsModule.forRoot()]) =>
  start({
    imports,
    providers: [
      { provide: CacheSettings, useClass: settings },
      CacheMiddleware,
      PriceList,
      GetPriceHandler,
      GetStockHandler,
    ],
  });

describe('docs/recipes/cache.md', () => {
  beforeEach(() => {
    prices.clear();
    for (const item of ['lamp', 'chair', 'table']) prices.set(item, 100);
  });

  it('answers a query with the same fields once, and one with others or of another type by itself', async () => {
    const { queries } = await run();
    const first = await queries.ask(new GetPrice('lamp'));
    expect(await queries.ask(new GetPrice('lamp'))).toBe(first);
    await queries.ask(new GetPrice('chair'));
    await queries.ask(new GetPrice('lamp', 'USD'));
    await queries.ask(new GetStock('lamp'));
    expect(await queries.ask(new GetStock('lamp'))).toBe(3);
    expect(runs).toEqual(['lamp', 'chair', 'lamp', 'stock of lamp']);
  });

  it('keeps tenants apart', async () => {
    const { app, queries } = await run();
    const { asked } = await track(app).run(async () => {
      for (const name of ['acme', 'other', 'acme'])
        await queries.ask(new GetPrice('lamp'), { headers: tenant.of(name) });
    });
    expect(asked.map(({ handlers }) => handlers.length)).toEqual([1, 1, 0]);
  });

  it('forgets when the time is up, and when an event says so', async () => {
    using clock = virtualTime();
    const { app } = await run();
    await scenario(app).when(new GetPrice('lamp')).answers({ cents: 100 });
    await clock.advance('59s');
    prices.set('lamp', 95);
    await scenario(app).when(new GetPrice('lamp')).answers({ cents: 100 });
    await clock.advance('1s');
    await scenario(app).when(new GetPrice('lamp')).answers({ cents: 95 });
    prices.set('lamp', 90);
    await scenario(app).when(new GetPrice('lamp')).answers({ cents: 95 });
    await scenario(app).given(new PriceChanged()).when(new GetPrice('lamp')).answers({ cents: 90 });
    expect(runs).toHaveLength(3);
  });

  it('does not keep an answer that was on its way when an event cleared it', async () => {
    const { queries, events } = await run();
    const early = queries.ask(new GetPrice('lamp'));
    await events.publish(new PriceChanged());
    await early;
    await queries.ask(new GetPrice('lamp'));
    expect(runs).toHaveLength(2);
  });

  it('keeps no more than its bound, and drops what was not asked for the longest', async () => {
    const { queries } = await run(Two);
    for (const item of ['lamp', 'chair', 'lamp', 'table', 'lamp', 'chair']) await queries.ask(new GetPrice(item));
    expect(runs).toEqual(['lamp', 'chair', 'table', 'chair']);
  });

  it('keeps no failure, and does not know an answer that is still on its way', async () => {
    const { queries } = await run();
    await expect(queries.ask(new GetPrice('sofa'))).rejects.toThrow('has no price');
    await expect(queries.ask(new GetPrice('sofa'))).rejects.toThrow('has no price');
    await Promise.all([queries.ask(new GetPrice('lamp')), queries.ask(new GetPrice('lamp'))]);
    expect(runs).toEqual(['sofa', 'sofa', 'lamp', 'lamp']);
  });

  it('hands all callers the same object', async () => {
    const { queries } = await run();
    (await queries.ask(new GetPrice('lamp'))).cents = 1;
    expect(await queries.ask(new GetPrice('lamp'))).toEqual({ cents: 1 });
  });

  it('spoils a stream: its rows are read by the first caller', async () => {
    class GetRows extends StreamQuery<number> {}
    @Injectable()
    class Rows {
      @QueryHandler(GetRows)
      @UseMiddleware(CacheMiddleware)
      *rows() {
        yield* [1, 2];
      }
    }
    const { app } = await start({
      imports: [CqrsModule.forRoot()],
      providers: [CacheSettings, CacheMiddleware, Rows],
    });
    await scenario(app).when(new GetRows()).answers([1, 2]);
    await scenario(app).when(new GetRows()).answers([]);
  });

  it('gives a user the answer of another one if it is of the request and not in the key', async () => {
    class WhoAmI extends Query<number> {}
    let instances = 0;
    @QueryHandler(WhoAmI, { scope: Scope.REQUEST })
    class WhoAmIHandler {
      private readonly number = ++instances;
      async execute() {
        return this.number;
      }
    }
    const { queries } = await start({
      imports: [
        // #region module
        CqrsModule.forRoot({ queries: { middleware: [CacheMiddleware] } }),
        // #endregion
      ],
      providers: [CacheSettings, CacheMiddleware, WhoAmIHandler],
    });
    expect([await queries.ask(new WhoAmI()), await queries.ask(new WhoAmI())]).toEqual([1, 1]);
  });
});
