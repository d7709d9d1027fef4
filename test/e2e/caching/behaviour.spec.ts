import type { ModuleMetadata } from '@nestjs/common';
import { CqrsModule, memoryCache, TouchedTags, type CqrsModuleOptions } from 'nestjs-cqrs';
import { start } from '../../support/application.js';
import { quiet } from '../../support/waiting.js';
import { FindUser, GetUser, Imported, Left, PROVIDERS, Rename, User, Users } from './users.js';

const startUsers = async (options: CqrsModuleOptions = {}, providers: ModuleMetadata['providers'] = PROVIDERS) => {
  const started = await start({
    imports: [CqrsModule.forRoot({ cache: memoryCache(), messages: [User], ...options })],
    providers,
  });
  const users = started.app.get(Users);
  const ask = async (id = '1') => (await started.queries.ask(new GetUser(id)))?.name;
  return { ...started, users, ask, touched: started.app.get(TouchedTags) };
};

describe('a cached query', () => {
  it('is answered once by its handler, then by the cache, per key', async () => {
    const { ask, users } = await startUsers();
    expect([await ask('1'), await ask('1'), await ask('2'), await ask('1')]).toEqual(['Ann', 'Ann', 'Ben', 'Ann']);
    expect(users.runs).toBe(2);
  });

  it('has answers of their classes, and no caller changes that of another', async () => {
    const { queries } = await startUsers();
    const answers = [await queries.ask(new GetUser('1')), await queries.ask(new GetUser('1'))];
    answers[0]!.name = 'changed by its caller';
    answers[1]!.name = 'changed too';
    const last = await queries.ask(new GetUser('1'));
    expect(last).toBeInstanceOf(User);
    expect(last).toEqual(new User('1', 'Ann', new Date(0)));
  });

  it('is asked again after a command that touches it, and not after one of another', async () => {
    const { ask, commands, users } = await startUsers();
    await ask('1');
    await commands.dispatch(new Rename('2', 'Bob'));
    await ask('1');
    expect(users.runs).toBe(1);
    await commands.dispatch(new Rename('1', 'Amy'));
    expect(await ask('1')).toBe('Amy');
  });

  it('a command that fails touches nothing', async () => {
    const { ask, commands, users } = await startUsers();
    await ask('1');
    await expect(commands.dispatch(new Rename('1', ''))).rejects.toThrow('without a name');
    await ask('1');
    expect(users.runs).toBe(1);
  });

  it('an event touches, with handlers and without', async () => {
    const { ask, events, users } = await startUsers();
    await ask('1');
    await ask('2');
    await events.publish(new Left('1'));
    expect(await ask('1')).toBeUndefined();
    users.names.set('2', 'Bea');
    await events.publish(new Imported(['2', '3']));
    expect(await ask('2')).toBe('Bea');
  });

  it('is touched by hand', async () => {
    const { ask, touched, users } = await startUsers();
    await ask('1');
    users.names.set('1', 'Amy');
    await touched.touch(['user:1']);
    expect(await ask('1')).toBe('Amy');
    await expect(touched.touch([''])).rejects.toMatchObject({ code: 'CQRS_INVALID_TAGS' });
    await expect(touched.touch('user:1' as never)).rejects.toMatchObject({
      remedy: "Give such a list, as in touch(['user:42']).",
    });
  });

  it('listeners are told of touches when a query gets a new answer', async () => {
    const { ask, commands, touched } = await startUsers();
    await ask('1');
    const seen: unknown[] = [];
    const stop = touched.onTouched(({ tags, from }) => seen.push([tags, from, ask('1')]));
    await commands.dispatch(new Rename('1', 'Amy'));
    stop();
    await commands.dispatch(new Rename('1', 'Ada'));
    expect(seen).toEqual([[['user:1'], 'here', expect.any(Promise)]]);
    expect(await (seen[0] as unknown[])[2]).toBe('Amy');
  });

  it('keeps no failure', async () => {
    const { ask, users } = await startUsers();
    users.failure = new Error('no database');
    await expect(ask('1')).rejects.toThrow('no database');
    users.failure = undefined;
    expect(await ask('1')).toBe('Ann');
    expect(users.runs).toBe(2);
  });

  it('keeps that there is nothing on request alone', async () => {
    const { queries, users } = await startUsers();
    expect(await queries.ask(new GetUser('9'))).toBeUndefined();
    expect(await queries.ask(new GetUser('9'))).toBeUndefined();
    expect(users.runs).toBe(1);
    expect(await queries.ask(new FindUser('9'))).toBeUndefined();
    expect(await queries.ask(new FindUser('9'))).toBeUndefined();
    expect(users.runs).toBe(3);
  });

  it('runs middleware for each caller', async () => {
    const seen: string[] = [];
    const { ask, users } = await startUsers({
      middleware: [
        (message, next) => {
          seen.push(message.constructor.name);
          return next(message);
        },
      ],
    });
    await Promise.all([ask(), ask(), ask()]);
    await ask();
    expect(seen).toEqual(Array(4).fill('GetUser'));
    expect(users.runs).toBe(1);
  });
});

describe('equal queries at the same time', () => {
  it('are one run, and each gets an answer of its own', async () => {
    const { queries, users } = await startUsers();
    const asked = Array.from({ length: 10_000 }, () => queries.ask(new GetUser('1')));
    const answers = await Promise.all(asked);
    expect(users.runs).toBe(1);
    expect(new Set(answers).size).toBe(10_000);
    expect(answers.every(answer => answer instanceof User && answer.name === 'Ann')).toBe(true);
  });

  it('share the failure of their run', async () => {
    const { ask, users } = await startUsers();
    users.failure = new Error('no database');
    const ends = await Promise.allSettled([ask(), ask()]);
    expect(ends).toEqual([
      { status: 'rejected', reason: users.failure },
      { status: 'rejected', reason: users.failure },
    ]);
    expect(users.runs).toBe(1);
  });

  it('a query that is asked after a touch does not join a run from before, whose answer is not kept', async () => {
    const { ask, commands, users } = await startUsers();
    const gate = users.hold();
    const before = ask('1');
    await quiet();
    await commands.dispatch(new Rename('1', 'Amy'));
    users.gate = undefined;
    expect(await ask('1')).toBe('Amy');
    gate.finish();
    expect(await before).toBe('Ann');
    expect(await ask('1')).toBe('Amy');
    expect(users.runs).toBe(2);
  });
});
