import { jest } from '@jest/globals';
import { Injectable } from '@nestjs/common';
import { Cached, CqrsModule, memoryCache, Query, QueryHandler, TouchedTags, type CachedOptions } from 'nestjs-cqrs';
import { start } from '../../support/application.js';
import { quiet } from '../../support/waiting.js';

class Count extends Query<number | null> {}

@Injectable()
class Counter {
  value: number | null = 1;
  runs = 0;
  failure: Error | undefined;

  async count() {
    this.runs += 1;
    if (this.failure !== undefined) throw this.failure;
    return this.value;
  }
}

let now = 0;
const at = (time: number) => (now = 1_000_000 + time);

beforeEach(() => {
  at(0);
  jest.spyOn(Date, 'now').mockImplementation(() => now);
});

afterEach(() => jest.restoreAllMocks());

/** An application whose handler is decorated with these options. */
async function startWith(options: Partial<CachedOptions<Count>>) {
  @QueryHandler(Count)
  @Cached({ ttl: 1_000, jitter: 0, tags: () => ['count'], ...options })
  class CountHandler {
    constructor(private readonly counter: Counter) {}

    execute(_query: Count) {
      return this.counter.count();
    }
  }
  Reflect.defineMetadata('design:paramtypes', [Counter], CountHandler);
  const started = await start({
    imports: [CqrsModule.forRoot({ cache: memoryCache() })],
    providers: [Counter, CountHandler],
  });
  const ask = () => started.queries.ask(new Count());
  return { ...started, ask, counter: started.app.get(Counter), touched: started.app.get(TouchedTags) };
}

describe('the lifetime of an answer', () => {
  it('ends after ttl', async () => {
    const { ask, counter } = await startWith({});
    expect(await ask()).toBe(1);
    counter.value = 2;
    at(999);
    expect(await ask()).toBe(1);
    at(1_000);
    expect(await ask()).toBe(2);
  });

  it('is shortened by jitter, and never lengthened', async () => {
    const random = jest.spyOn(Math, 'random');
    const { ask, counter } = await startWith({ jitter: 0.5 });
    random.mockReturnValue(0.999);
    await ask();
    at(501);
    await ask();
    expect(counter.runs).toBe(2);
    random.mockReturnValue(0);
    at(2_000);
    await ask();
    at(2_999);
    await ask();
    expect(counter.runs).toBe(3);
  });

  it('within its grace the old answer is given, and one run fetches a new one', async () => {
    const { ask, counter } = await startWith({ grace: 500 });
    await ask();
    counter.value = 2;
    at(1_200);
    expect(await Promise.all([ask(), ask(), ask()])).toEqual([1, 1, 1]);
    await quiet();
    expect(counter.runs).toBe(2);
    expect(await ask()).toBe(2);
  });

  it('after its grace there is no old answer', async () => {
    const { ask, counter } = await startWith({ grace: 500 });
    await ask();
    counter.value = 2;
    at(1_500);
    expect(await ask()).toBe(2);
  });

  it('within its grace a failure is told once, and the old answer given on', async () => {
    const { ask, counter, log } = await startWith({ grace: 500 });
    await ask();
    counter.failure = new Error('no database');
    at(1_100);
    for (let i = 0; i < 3; i++) {
      expect(await ask()).toBe(1);
      await quiet();
    }
    expect(counter.runs).toBe(4);
    expect(log.warnings).toEqual(['Count is not cached: a run that was to replace an old answer failed. no database']);
  });

  it('a touched answer has no grace', async () => {
    const { ask, counter, touched } = await startWith({ grace: 500 });
    await ask();
    counter.value = 2;
    await touched.touch(['count']);
    expect(await ask()).toBe(2);
  });

  it('of an answer that there is nothing may be another', async () => {
    const { ask, counter } = await startWith({ negative: 100 });
    counter.value = null;
    expect([await ask(), await ask()]).toEqual([null, null]);
    expect(counter.runs).toBe(1);
    at(100);
    expect(await ask()).toBeNull();
    expect(counter.runs).toBe(2);
  });
});
