import { jest } from '@jest/globals';
import {
  Cached,
  CqrsModule,
  memoryCache,
  Query,
  QueryHandler,
  TouchedTags,
  type CqrsModuleOptions,
  type LiveOptions,
} from 'nestjs-cqrs';
import type { QueryCache } from 'nestjs-cqrs/extension';
import { map } from 'rxjs';
import { start } from '../../support/application.js';
import { pending, quiet, until } from '../../support/waiting.js';
import { FindUser, GetUser, Left, PROVIDERS, Rename, User, Users } from './users.js';
import { allTold, Watched } from './watched.js';

const startUsers = async (options: CqrsModuleOptions = {}) => {
  const started = await start({
    imports: [CqrsModule.forRoot({ cache: memoryCache(), messages: [User], ...options })],
    providers: PROVIDERS,
  });
  const { queries, commands } = started;
  const watch = (id = '1', given: LiveOptions & { errors?: 'end' } = {}) =>
    new Watched(queries.live(new GetUser(id), given).pipe(map(user => user?.name)));
  const rename = (name: string, id = '1') => commands.dispatch(new Rename(id, name));
  return { ...started, users: started.app.get(Users), touched: started.app.get(TouchedTags), watch, rename };
};

// A slow machine takes a while to ask for 10,000.
jest.setTimeout(60_000);

describe('a live query', () => {
  it('tells the value now, and again after each touch of its tags', async () => {
    const { watch, rename, events, users } = await startUsers();
    const watched = watch();
    await watched.told(1);
    await rename('Amy');
    await watched.told(2);
    await rename('Bob', '2');
    await events.publish(new Left('1'));
    await watched.told(3);
    expect(watched.values).toEqual(['Ann', 'Amy', undefined]);
    expect(users.runs).toBe(3);
  });

  it('repeats no equal value, and compares what the codec writes', async () => {
    const { watch, rename, touched, users, queries } = await startUsers();
    const whole = new Watched(queries.live(new GetUser('1')));
    const watched = watch();
    await watched.told(1);
    await touched.touch(['user:1']);
    await until(() => users.runs === 2);
    await quiet();
    await rename('Amy');
    await watched.told(2);
    await rename('Ann');
    await watched.told(3);
    expect(watched.values).toEqual(['Ann', 'Amy', 'Ann']);
    expect(whole.values).toEqual(['Ann', 'Amy', 'Ann'].map(name => new User('1', name, new Date(0))));
  });

  it('each subscriber has values of its own, and one that changes them changes nothing for others', async () => {
    const { queries, rename } = await startUsers();
    const [one, other] = [1, 2].map(() => new Watched(queries.live(new GetUser('1'))));
    await Promise.all([one!.told(1), other!.told(1)]);
    one!.last!.name = 'changed';
    expect(other!.last!.name).toBe('Ann');
    await rename('Amy');
    await Promise.all([one!.told(2), other!.told(2)]);
    expect(one!.last).not.toBe(other!.last);
  });

  it('nothing runs before the subscription, and each subscription begins with the value', async () => {
    const { queries, users } = await startUsers();
    const live = queries.live(new GetUser('1')).pipe(map(user => user?.name));
    await quiet();
    expect(users.runs).toBe(0);
    const first = new Watched(live);
    await first.told(1);
    const second = new Watched(live);
    await second.told(1);
    expect([...first.values, ...second.values]).toEqual(['Ann', 'Ann']);
    expect(users.runs).toBe(1);
  });

  it('a touch during a run causes another one', async () => {
    const { watch, rename, users } = await startUsers();
    const gate = users.hold();
    const watched = watch();
    await quiet();
    await rename('Amy');
    users.gate = undefined;
    gate.finish();
    await until(() => watched.last === 'Amy');
    await quiet();
    expect(users.runs).toBe(2);
  });

  it('touches during a run are one run after it', async () => {
    const { watch, touched, users } = await startUsers();
    const watched = watch();
    await watched.told(1);
    const gate = users.hold();
    await touched.touch(['user:1']);
    await until(() => users.runs === 2);
    for (let i = 0; i < 20; i++) await touched.touch(['user:1']);
    users.gate = undefined;
    gate.finish();
    await until(() => users.runs === 3);
    await quiet();
    expect(users.runs).toBe(3);
  });

  it('touches within debounce are one run', async () => {
    const { watch, rename, users } = await startUsers();
    const watched = watch('1', { debounce: 50 });
    await watched.told(1);
    jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'] });
    try {
      for (const name of ['A', 'B', 'C']) {
        await rename(name);
        await quiet();
      }
      expect(users.runs).toBe(1);
      jest.advanceTimersByTime(50);
    } finally {
      jest.useRealTimers();
    }
    await watched.told(2);
    expect(watched.values).toEqual(['Ann', 'C']);
    expect(users.runs).toBe(2);
  });

  it('touches that never stop do not keep the value back', async () => {
    const { watch, users, touched } = await startUsers();
    const watched = watch('1', { debounce: 20 });
    await watched.told(1);
    for (let i = 0; watched.values.length < 4; i++) {
      users.names.set('1', String(i));
      await touched.touch(['user:1']);
      await new Promise(resolve => setTimeout(resolve, 1));
    }
    expect(watched.values).toHaveLength(4);
  });
});

describe('the failure of a live query', () => {
  it('ends it', async () => {
    const { watch, users, touched } = await startUsers();
    const watched = watch();
    await watched.told(1);
    users.failure = new Error('no database');
    await touched.touch(['user:1']);
    await until(() => watched.errors.length > 0);
    expect(watched.errors).toEqual([users.failure]);
    expect(watched.isComplete).toBe(false);
  });

  it('is a value on request, and the next touch tells the value again', async () => {
    const { queries, users, touched } = await startUsers();
    const watched = new Watched(queries.live(new GetUser('1'), { errors: 'values' }));
    await watched.told(1);
    const reason = new Error('no database');
    users.failure = reason;
    await touched.touch(['user:1']);
    await watched.told(2);
    users.failure = undefined;
    await touched.touch(['user:1']);
    await watched.told(3);
    const value = new User('1', 'Ann', new Date(0));
    expect(watched.values).toEqual([
      { status: 'fulfilled', value },
      { status: 'rejected', reason },
      { status: 'fulfilled', value },
    ]);
  });

  it('is one run for all watchers', async () => {
    const { watch, users, touched } = await startUsers();
    const all = Array.from({ length: 1_000 }, () => watch());
    await allTold(all, 1);
    users.failure = new Error('no database');
    await touched.touch(['user:1']);
    await until(() => all.every(({ errors }) => errors.length > 0));
    expect(users.runs).toBe(2);
  });

  it('a middleware that tries again makes the handler run again', async () => {
    const { watch, users, touched } = await startUsers({
      middleware: [
        async (message, next) => {
          try {
            return (await next(message)) as {};
          } catch {
            users.failure = undefined;
            return (await next(message)) as {};
          }
        },
      ],
    });
    const all = [watch(), watch()];
    await allTold(all, 1);
    users.failure = new Error('no database');
    users.names.set('1', 'Amy');
    await touched.touch(['user:1']);
    await allTold(all, 2);
    expect(all.map(({ last }) => last)).toEqual(['Amy', 'Amy']);
    expect(users.runs).toBe(3);
  });
});

describe('many watchers of one query', () => {
  it('are one run, at the start and after a touch', async () => {
    const { watch, rename, users } = await startUsers();
    const all = Array.from({ length: 10_000 }, () => watch());
    await allTold(all, 1);
    expect(users.runs).toBe(1);
    await rename('Amy');
    await allTold(all, 2);
    expect(users.runs).toBe(2);
    expect(all.every(({ values: [first, second] }) => first === 'Ann' && second === 'Amy')).toBe(true);
  });

  it('are one run, too, where the answer is not kept', async () => {
    const { queries, rename, users, events } = await startUsers();
    const all = Array.from({ length: 1_000 }, () => new Watched(queries.live(new FindUser('1'))));
    await allTold(all, 1);
    await events.publish(new Left('1'));
    await allTold(all, 2);
    expect(users.runs).toBe(2);
    await rename('Amy');
    await allTold(all, 3);
    expect(users.runs).toBe(3);
  });

  it('are one run, too, where they come through middleware at different times', async () => {
    const { watch, rename, users } = await startUsers({
      middleware: [
        async (message, next) => {
          await new Promise(resolve => setTimeout(resolve, Math.random() * 20));
          return (await next(message)) as {};
        },
      ],
    });
    const all = Array.from({ length: 300 }, () => watch());
    await allTold(all, 1);
    await rename('Amy');
    await allTold(all, 2);
    expect(users.runs).toBe(2);
  });

  it('one whose middleware is slow does not hold others', async () => {
    const gate = pending();
    let isHeld = true;
    const { watch, rename } = await startUsers({
      middleware: [
        async (message, next, { correlationId }) => {
          if (correlationId === 'slow' && isHeld) await gate.promise;
          return (await next(message)) as {};
        },
      ],
    });
    const slow = watch('1', { correlationId: 'slow' });
    const fast = watch();
    await fast.told(1);
    await rename('Amy');
    await fast.told(2);
    expect(slow.values).toEqual([]);
    isHeld = false;
    gate.finish();
    await slow.told(1);
    await until(() => slow.last === 'Amy');
    expect(fast.values).toEqual(['Ann', 'Amy']);
  });

  it('a subscriber that throws ends no other, and is logged', async () => {
    const { queries, watch, rename, log } = await startUsers();
    let calls = 0;
    queries.live(new GetUser('1')).subscribe(() => {
      calls += 1;
      throw new Error('broken subscriber');
    });
    const watched = watch();
    await watched.told(1);
    await rename('Amy');
    await watched.told(2);
    await until(() => calls === 2);
    expect(log.errors).toEqual(Array(2).fill('A subscriber of a bus failed; the others go on.'));
  });

  it('middleware runs for each of them and each value: one that may not see it any more is ended', async () => {
    const banned = new Set<string>();
    const { watch, rename } = await startUsers({
      middleware: [
        (message, next, { correlationId }) => {
          if (banned.has(correlationId)) throw new Error('not allowed');
          return next(message);
        },
      ],
    });
    const [one, other] = ['one', 'other'].map(correlationId => watch('1', { correlationId }));
    await Promise.all([one!.told(1), other!.told(1)]);
    banned.add('one');
    await rename('Amy');
    await other!.told(2);
    await until(() => one!.errors.length > 0);
    expect(one!.values).toEqual(['Ann']);
    expect(one!.errors).toEqual([new Error('not allowed')]);
  });
});

describe('a watcher that comes late', () => {
  const startNews = async () => {
    const news = { runs: 0, answer: (run: number): string | undefined => `news ${run}` };
    @Cached({ ttl: 1_000, jitter: 0, grace: 60_000, tags: () => ['news'] })
    class GetNews extends Query<string | undefined> {}
    @QueryHandler(GetNews)
    class GetNewsHandler {
      async execute(_query: GetNews) {
        return news.answer(++news.runs);
      }
    }
    const { queries } = await start({
      imports: [CqrsModule.forRoot({ cache: memoryCache() })],
      providers: [GetNewsHandler],
    });
    const time = jest.spyOn(Date, 'now');
    const past = (milliseconds: number) => {
      const now = Date.now();
      time.mockImplementation(() => now + milliseconds);
    };
    return { news, past, ask: () => queries.ask(new GetNews()), watch: () => new Watched(queries.live(new GetNews())) };
  };

  afterEach(() => jest.restoreAllMocks());

  it('gets no old answer, within its grace either: it would keep it until the next touch', async () => {
    const { past, ask, watch } = await startNews();
    await ask();
    past(1_001);
    const watched = watch();
    await watched.told(1);
    expect(watched.values).toEqual(['news 2']);
  });

  it('gets no last value whose time is up', async () => {
    const { past, watch } = await startNews();
    const first = watch();
    await first.told(1);
    past(1_001);
    const late = watch();
    await late.told(1);
    expect([first.values, late.values]).toEqual([['news 1'], ['news 2']]);
  });

  it('gets no last value that is not to be kept', async () => {
    const { news, watch } = await startNews();
    news.answer = () => undefined;
    const first = watch();
    await first.told(1);
    await watch().told(1);
    expect(news.runs).toBe(2);
  });

  it('gets the last value without a run, while it is good', async () => {
    const { watch, rename, users } = await startUsers();
    const first = watch();
    await first.told(1);
    await rename('Amy');
    await first.told(2);
    const late = watch();
    await late.told(1);
    expect(late.values).toEqual(['Amy']);
    expect(users.runs).toBe(2);
  });

  it('gets none from before a touch', async () => {
    const { watch, users, touched } = await startUsers();
    const first = watch();
    await first.told(1);
    users.names.set('1', 'Amy');
    const touching = touched.touch(['user:1']);
    const late = watch();
    await touching;
    await late.told(1);
    expect(late.values).toEqual(['Amy']);
  });
});

describe('a touch of another process', () => {
  it('makes the handler run once more, and the cache, which may be late, is not asked', async () => {
    const kept = memoryCache();
    let reads = 0;
    let hear: (tags: readonly string[]) => void = () => undefined;
    const cache: QueryCache = {
      name: 'late',
      get: key => {
        reads += 1;
        return kept.get(key);
      },
      set: (...given) => kept.set(...given),
      delete: key => kept.delete(key),
      touch: tags => kept.touch(tags),
      clear: () => kept.clear(),
      onTouched: listener => {
        hear = listener;
        return () => undefined;
      },
    };
    const { watch, users } = await startUsers({ cache });
    const all = [watch(), watch(), watch()];
    await allTold(all, 1);
    const { runs } = users;
    reads = 0;
    users.names.set('1', 'Amy');
    hear(['user:1']);
    await allTold(all, 2);
    expect(all.map(({ last }) => last)).toEqual(['Amy', 'Amy', 'Amy']);
    expect([users.runs - runs, reads]).toEqual([1, 0]);
  });
});
