import { AsyncLocalStorage } from 'node:async_hooks';
import { CqrsModule, memoryCache, QueryBus, TouchedTags } from 'nestjs-cqrs';
import { testApp } from 'nestjs-cqrs/testing';
import { collectUntil } from '../../support/garbage.js';
import { until } from '../../support/waiting.js';
import { GetUser, PROVIDERS, User, Users } from './users.js';
import { Watched } from './watched.js';

const storage = new AsyncLocalStorage<object>();

/** Watchers come, are told of a touch, and leave: first the ones that start runs, then the ones that join them. */
async function comeAndGo(queries: QueryBus, users: Users, touched: TouchedTags): Promise<WeakRef<object>[]> {
  const callers: WeakRef<object>[] = [];
  for (let i = 0; i < 10; i++) {
    const caller = { told: 0 };
    const subscription = storage.run(caller, () =>
      queries.live(new GetUser('1'), { debounce: i % 2 }).subscribe(() => void (caller.told += 1)),
    );
    await until(() => caller.told === 1);
    users.names.set('1', `name ${i}`);
    await touched.touch(['user:1']);
    await until(() => caller.told === 2);
    if (i % 3 === 0) await touched.touch(['user:1']);
    subscription.unsubscribe();
    callers.push(new WeakRef(caller));
  }
  return callers;
}

describe('watchers that have left', () => {
  it.each([false, true])('are collected, with the storages of their callers; others stay: %s', async staysOne => {
    await using app = await testApp({
      imports: [CqrsModule.forRoot({ cache: memoryCache(), messages: [User] })],
      providers: PROVIDERS,
    });
    const queries = app.get(QueryBus, { strict: false });
    const stays = staysOne ? new Watched(queries.live(new GetUser('1'))) : undefined;
    const callers = await comeAndGo(queries, app.get(Users), app.get(TouchedTags, { strict: false }));
    const left = () => callers.filter(caller => caller.deref() !== undefined).length;
    await collectUntil(() => left() === 0);
    expect(left()).toBe(0);
    expect(stays?.errors ?? []).toEqual([]);
  });
});
