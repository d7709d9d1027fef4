import { CqrsModule, memoryCache, TouchedTags } from 'nestjs-cqrs';
import type { CachedResult, QueryCache } from 'nestjs-cqrs/extension';
import { start } from '../../support/application.js';
import { until } from '../../support/waiting.js';
import { GetUser, PROVIDERS, Rename, User, Users } from './users.js';

type Way = 'works' | 'throws' | 'rejects' | 'hangs';

/** A cache of another process, in one of several states. */
class Shaky implements QueryCache {
  readonly name = 'shaky';
  way: Way = 'works';
  calls = 0;
  isClosed = false;
  private readonly inner = memoryCache();

  get = (key: string) => this.do(() => this.inner.get(key) as CachedResult | undefined);
  set = (...given: Parameters<QueryCache['set']>) => this.do(() => this.inner.set(...given));
  delete = (key: string) => this.do(() => this.inner.delete(key));
  touch = (tags: readonly string[]) => this.do(() => this.inner.touch(tags));
  clear = () => this.do(() => this.inner.clear());
  close = () => this.do(() => void (this.isClosed = true));

  private do<T>(work: () => T): Promise<T> {
    this.calls += 1;
    if (this.way === 'throws') throw new Error('down');
    if (this.way === 'hangs') return new Promise<T>(() => undefined);
    return this.way === 'rejects' ? Promise.reject(new Error('down')) : Promise.resolve().then(work);
  }
}

const startShaky = async () => {
  const cache = new Shaky();
  const started = await start({ imports: [CqrsModule.forRoot({ cache, messages: [User] })], providers: PROVIDERS });
  const ask = async (id = '1') => (await started.queries.ask(new GetUser(id)))?.name;
  return { ...started, cache, ask, users: started.app.get(Users), touched: started.app.get(TouchedTags) };
};

describe('a cache that is out of order', () => {
  it.each<Way>(['throws', 'rejects', 'hangs'])('fails no query and hangs none, and is told once: it %s', async way => {
    const { cache, ask, users, log } = await startShaky();
    cache.way = way;
    expect([await ask(), await ask(), await ask('2')]).toEqual(['Ann', 'Ann', 'Ben']);
    expect(users.runs).toBe(3);
    const why = way === 'hangs' ? 'it has not answered within 500 milliseconds' : 'down';
    expect(log.warnings).toEqual([`The cache shaky is out of order: ${why}. Queries run without it.`]);
  });

  it('that works again is closed with its application, however soon', async () => {
    const { app, cache, ask, log } = await startShaky();
    cache.way = 'rejects';
    await ask();
    cache.way = 'works';
    await app.close();
    expect(cache.isClosed).toBe(true);
    expect(log.warnings).toHaveLength(1);
  });

  it.each<Way>(['throws', 'rejects', 'hangs'])('tells once that it does not close: it %s', async way => {
    const { app, cache, log } = await startShaky();
    cache.way = way;
    await app.close();
    expect(cache.isClosed).toBe(false);
    const why = way === 'hangs' ? 'it has not answered within 500 milliseconds' : 'down';
    expect(log.warnings).toEqual([`The cache shaky has not closed: ${why}. Its connections may keep this process.`]);
  });

  it('is not asked by every query', async () => {
    const { cache, ask } = await startShaky();
    cache.way = 'rejects';
    await ask();
    const { calls } = cache;
    for (let i = 0; i < 100; i++) await ask();
    expect(cache.calls - calls).toBeLessThan(100);
  });

  it('equal queries at the same time are one run nevertheless', async () => {
    const { cache, ask, users } = await startShaky();
    cache.way = 'rejects';
    await ask();
    await Promise.all([ask(), ask(), ask()]);
    expect(users.runs).toBe(2);
  });

  it('that is not told of a touch answers nothing from before, and is told later', async () => {
    const { cache, ask, commands, users } = await startShaky();
    expect(await ask()).toBe('Ann');
    cache.way = 'rejects';
    await commands.dispatch(new Rename('1', 'Amy'));
    cache.way = 'works';
    expect(await ask()).toBe('Amy');
    await until(async () => {
      const { runs } = users;
      expect(await ask()).toBe('Amy');
      return users.runs === runs;
    });
    // What the cache itself has is no longer from before.
    expect(await ask()).toBe('Amy');
  });

  it('is told of all tags, also if there were too many to remember', async () => {
    const { cache, ask, touched, users } = await startShaky();
    expect([await ask('1'), await ask('2')]).toEqual(['Ann', 'Ben']);
    cache.way = 'throws';
    users.names.set('1', 'Amy');
    await touched.touch(Array.from({ length: 10_001 }, (_, i) => `user:${i}`));
    cache.way = 'works';
    expect(await ask('1')).toBe('Amy');
    await until(async () => {
      const { runs } = users;
      await ask('2');
      return users.runs === runs;
    });
  });
});
