import { EventEmitter } from 'node:events';
import { Injectable } from '@nestjs/common';
import {
  AsyncContext,
  Cached,
  CqrsModule,
  header,
  memoryCache,
  MessageContext,
  Query,
  QueryBus,
  QueryHandler,
  type DispatchOptions,
} from 'nestjs-cqrs';
import { start } from '../../support/application.js';
import { pending, quiet } from '../../support/waiting.js';

const tenant = header<string>('tenant');
const isInner = header<boolean>('inner');

/** Each asks the next one; only the last says that it reads the tenant. */
@Cached({ ttl: 60_000 })
class Page extends Query<string> {}

@Cached({ ttl: 60_000 })
class Frame extends Query<string> {}

@Cached({ ttl: 60_000, vary: [tenant] })
class Title extends Query<string> {}

/** Its answer is read from the context when it is written. */
@Cached({ ttl: 60_000 })
class Lazy extends Query<{ readonly tenant: string | undefined }> {}

@Cached({ ttl: 60_000 })
class Instances extends Query<string> {}

@Cached({ ttl: 60_000 })
class Public extends Query<string> {}

/** Asks a query that is not cached, and waits. */
@Cached({ ttl: 60_000 })
class Heading extends Query<string> {}

class Plain extends Query<string> {}

/** Reads in a listener, which runs in the asynchronous context of what it listens to; `asks` another query there. */
@Cached({ ttl: 60_000 })
class Heard extends Query<string> {
  constructor(readonly asks?: 'plain' | 'cached') {
    super();
  }
}

/** Asks itself, with a header that `vary` does not name. */
@Cached({ ttl: 60_000 })
class Itself extends Query<string> {}

@Cached({ ttl: 60_000, tags: query => [`row:${(query.row = query.row.trim())}`] })
class Trimmed extends Query<string> {
  constructor(public row: string) {
    super();
  }
}

@Cached({ ttl: 60_000 })
class Reused extends Query<string> {
  constructor(public row: string) {
    super();
  }
}

@Injectable()
class Shop {
  readonly emitter = new EventEmitter();
  gate: Promise<unknown> | undefined;

  constructor(private readonly queries: QueryBus) {}

  @QueryHandler(Page)
  async page(_query: Page, context: MessageContext) {
    return `page of ${await this.queries.ask(new Frame(), context)}`;
  }

  @QueryHandler(Frame)
  async frame(_query: Frame, context: MessageContext) {
    return `frame of ${await this.queries.ask(new Title(), context)}`;
  }

  @QueryHandler(Title)
  async title(_query: Title, context: MessageContext) {
    return String(context.header(tenant));
  }

  @QueryHandler(Lazy)
  async lazy(_query: Lazy, context: MessageContext) {
    return {
      get tenant() {
        return context.header(tenant);
      },
    };
  }

  @QueryHandler(Instances)
  async instances(query: Instances) {
    return AsyncContext.of(query) instanceof Ours ? 'ours' : 'theirs';
  }

  @QueryHandler(Public)
  async public(_query: Public, { fromOutside }: MessageContext) {
    return fromOutside ? 'for all' : 'for us';
  }

  @QueryHandler(Heading)
  async heading() {
    await this.gate;
    return `heading of ${await this.queries.ask(new Plain())}`;
  }

  @QueryHandler(Heard)
  heard({ asks }: Heard, context: MessageContext): Promise<string> {
    const read = () => {
      if (asks === undefined) return String(context.header(tenant));
      return this.queries.ask(asks === 'plain' ? new Plain() : new Title(), context);
    };
    return new Promise<string>(resolve => this.emitter.once('ready', () => resolve(read())));
  }

  @QueryHandler(Plain)
  async plain(_query: Plain, context: MessageContext) {
    return String(context.header(tenant));
  }

  @QueryHandler(Itself)
  async itself(query: Itself, context: MessageContext): Promise<string> {
    if (context.header(isInner) === true) return 'inner';
    return `outer of ${await this.queries.ask(query, { context, headers: isInner.of(true) })}`;
  }

  @QueryHandler(Trimmed)
  async trimmed({ row }: Trimmed) {
    return `"${row}"`;
  }

  @QueryHandler(Reused)
  async reused(query: Reused) {
    await this.gate;
    return query.row;
  }
}

class Ours extends AsyncContext {}

const startShop = async (propagateContext = false) => {
  const started = await start({
    imports: [CqrsModule.forRoot({ cache: memoryCache(), propagateContext })],
    providers: [Shop],
  });
  const ask = <T>(query: Query<T>, options: DispatchOptions = {}) => started.queries.ask(query, options);
  return { ...started, shop: started.app.get(Shop), ask };
};

const of = (name: string) => ({ headers: tenant.of(name) });

describe('a cached query that asks other cached queries', () => {
  it('is not kept if one of them depends on a header that its own vary does not name', async () => {
    const { ask, log } = await startShop();
    expect([await ask(new Page(), of('a')), await ask(new Page(), of('b'))]).toEqual([
      'page of frame of a',
      'page of frame of b',
    ]);
    expect(log.warnings).toEqual(
      ['Frame', 'Page'].map(name =>
        expect.stringContaining(`${name} is not cached: its run read the header "tenant", and vary does not name it.`),
      ),
    );
  });

  it('also if the others are answered from the cache', async () => {
    const { ask } = await startShop();
    for (const name of ['a', 'b']) await ask(new Title(), of(name));
    expect([await ask(new Page(), of('a')), await ask(new Page(), of('b'))]).toEqual([
      'page of frame of a',
      'page of frame of b',
    ]);
  });

  it('does not wait for itself', async () => {
    const { ask } = await startShop();
    expect(await ask(new Itself())).toBe('outer of inner');
  });
});

describe('an answer that is made for one caller', () => {
  it('by a field that reads a header when it is read is not kept', async () => {
    const { ask } = await startShop();
    const answers = [await ask(new Lazy(), of('a')), await ask(new Lazy(), of('b'))];
    expect(answers.map(answer => answer.tenant)).toEqual(['a', 'b']);
  });

  it.each(['plain', 'cached', undefined] as const)(
    'by a listener that runs in the asynchronous context of another is not kept, asks: %s',
    async asks => {
      const { ask, shop } = await startShop();
      const answers: unknown[] = [];
      for (const name of ['a', 'b']) {
        const asked = ask(new Heard(asks), of(name));
        await quiet();
        shop.emitter.emit('ready');
        answers.push(await asked);
      }
      expect(answers).toEqual(['a', 'b']);
    },
  );

  it('by AsyncContext.of(), too', async () => {
    const { ask } = await startShop();
    const asyncContext = new Ours();
    expect([await ask(new Instances(), { asyncContext }), await ask(new Instances())]).toEqual(['ours', 'theirs']);
  });

  it('by fromOutside, too, and that is told', async () => {
    const { ask, log } = await startShop();
    expect([await ask(new Public()), await ask(new Public(), { fromOutside: true })]).toEqual(['for us', 'for all']);
    expect(log.warnings).toEqual([expect.stringContaining('its run read fromOutside of its caller')]);
  });

  it.each([false, true])(
    'is the same for those that wait for a run that is not shared, propagateContext: %s',
    async propagateContext => {
      const { ask, shop } = await startShop(propagateContext);
      const { promise, finish } = pending();
      shop.gate = promise;
      const asked = ['a', 'b', 'c'].map(name => ask(new Heading(), of(name)));
      await quiet();
      finish();
      expect(await Promise.all(asked)).toEqual(['heading of a', 'heading of b', 'heading of c']);
    },
  );
});

describe('a query that is changed', () => {
  it('by the function of its tags does not answer another', async () => {
    const { ask, log } = await startShop();
    expect([await ask(new Trimmed(' 1 ')), await ask(new Trimmed(' 1 '))]).toEqual(['"1"', '"1"']);
    expect(log.warnings).toEqual([
      'Trimmed is not cached: it was changed while its handler ran. Leave its fields as they are.',
    ]);
  });

  it('while its handler runs leaves nothing under the key that it had', async () => {
    const { ask, shop } = await startShop();
    const { promise, finish } = pending();
    shop.gate = promise;
    const query = new Reused('1');
    const asked = [ask(query), ask(new Reused('1'))];
    await quiet();
    query.row = '2';
    finish();
    expect(await Promise.all(asked)).toEqual(['2', '1']);
    expect(await ask(new Reused('1'))).toBe('1');
  });
});
