import { Injectable } from '@nestjs/common';
import {
  Cached,
  Command,
  CommandHandler,
  CqrsModule,
  memoryCache,
  MessageContext,
  Query,
  QueryBus,
  QueryHandler,
  Touches,
  TouchedTags,
} from 'nestjs-cqrs';
import { repeat } from 'rxjs';
import type { CachedQueries } from '../../../lib/caching/cached-queries.js';
import type { LiveQueries } from '../../../lib/caching/live-queries.js';
import { ApplicationCaching } from '../../../lib/module/application-caching.js';
import { start } from '../../support/application.js';
import { escaped } from '../../support/escaped-rejections.js';
import { pending, quiet, until } from '../../support/waiting.js';
import { Watched } from './watched.js';

/** The tags of a query, as its test gives them. */
let tagsOf: () => unknown = () => ['row'];

@Cached({ ttl: 60_000, tags: () => tagsOf() as string[] })
class Read extends Query<number> {}

@Cached({ ttl: 60_000, tags: () => ['other'] })
class Other extends Query<string> {}

/** Reads a header that its caller names. */
@Cached({ ttl: 60_000 })
class ReadHeader extends Query<string> {
  constructor(readonly name: string) {
    super();
  }
}

@Touches(() => tagsOf() as string[])
class Write extends Command {}

@Injectable()
class Rows {
  runs = 0;
  gate: Promise<unknown> | undefined;
  asksWithAllHeaders = false;

  constructor(private readonly queries: QueryBus) {}

  @QueryHandler(Read)
  async read(_query: Read, { headers }: MessageContext) {
    const run = ++this.runs;
    if (this.asksWithAllHeaders) await this.queries.ask(new Other(), { headers: { ...headers } });
    await this.gate;
    return run;
  }

  @QueryHandler(Other)
  async other() {
    return 'other';
  }

  @QueryHandler(ReadHeader)
  async header({ name }: ReadHeader, { headers }: MessageContext) {
    return String(headers[name]);
  }

  @CommandHandler(Write)
  async write() {}
}

const startRows = async () => {
  const started = await start({ imports: [CqrsModule.forRoot({ cache: memoryCache() })], providers: [Rows] });
  const { live, queries: cached } = started.app.get(ApplicationCaching, { strict: false }) as unknown as {
    live: LiveQueries;
    queries: CachedQueries;
  };
  const touched = started.app.get(TouchedTags);
  const runsOfTags = () => (touched as unknown as { runs: Map<string, unknown> }).runs.size;
  /** What is left of runs and watchers. */
  const held = () => [cached.running, runsOfTags(), live.held];
  return { ...started, rows: started.app.get(Rows), touched, held };
};

beforeEach(() => {
  tagsOf = () => ['row'];
});

describe('a list of tags', () => {
  it('that is changed later leaves no run and no watcher behind', async () => {
    const { queries, rows, held } = await startRows();
    const list = ['row'];
    tagsOf = () => list;
    const { promise, finish } = pending();
    rows.gate = promise;
    const watched = new Watched(queries.live(new Read()));
    await until(() => rows.runs === 1);
    list[0] = 'another row';
    finish();
    await watched.told(1);
    list[0] = 'one more';
    watched.leave();
    await quiet();
    expect(held()).toEqual([0, 0, 0]);
  });

  it.each<[string, () => unknown]>([
    ['a promise that rejects', () => Promise.reject(new Error('no tags'))],
    ['a list with a hole', () => Array(1)],
    ['a list that says that it is fine', () => Object.assign([5], { every: () => true })],
    ['a set', () => new Set(['row'])],
    [
      'undefined, thrown',
      () => {
        throw undefined;
      },
    ],
  ])('that is none fails no query and no command, and is told: %s', async (_what, tags) => {
    const { queries, commands, log, held } = await startRows();
    tagsOf = tags;
    await commands.dispatch(new Write());
    expect(await queries.ask(new Read())).toBe(1);
    await quiet();
    expect(escaped).toEqual([]);
    expect(log.warnings).toEqual([expect.stringContaining('Read is not cached: its tags cannot be told.')]);
    expect(log.errors).toEqual([expect.stringContaining('Write has touched nothing')]);
    expect(held()).toEqual([0, 0, 0]);
  });
});

describe('a listener of touches', () => {
  it('that removes itself and listens again is told each touch once', async () => {
    const { touched } = await startRows();
    const told: (readonly string[])[] = [];
    let stop: () => void;
    const listen = () => {
      stop = touched.onTouched(({ tags }) => {
        told.push(tags);
        stop();
        if (told.length < 10) listen();
      });
    };
    listen();
    await touched.touch(['a']);
    await touched.touch(['b']);
    expect(told).toEqual([['a'], ['b']]);
  });
});

describe('a handler of a cached query', () => {
  it('that reads headers of many names is told of, up to a limit', async () => {
    const { queries, log } = await startRows();
    for (let i = 0; i < 200; i++) await queries.ask(new ReadHeader(`x-${i}`));
    expect(log.warnings).toHaveLength(50);
  });

  it('that sends its headers on does not take the watcher along', async () => {
    const { queries, rows, touched } = await startRows();
    rows.asksWithAllHeaders = true;
    const watched = new Watched(queries.live(new Read()));
    for (let count = 1; count <= 3; count++) {
      await watched.told(count);
      await touched.touch(['row']);
    }
    await watched.told(4);
    await touched.touch(['other']);
    await quiet();
    expect(watched.values).toEqual([1, 2, 3, 4]);
  });
});

describe('a live query that is subscribed again at each end', () => {
  it('does not keep the application from closing', async () => {
    const { app, queries, held } = await startRows();
    const watched = new Watched(queries.live(new Read()).pipe(repeat()));
    await watched.told(1);
    await app.close();
    await until(() => watched.errors.length > 0);
    expect(watched.errors).toEqual([expect.objectContaining({ code: 'CQRS_BUS_CLOSED' })]);
    expect(held()).toEqual([0, 0, 0]);
  });
});
