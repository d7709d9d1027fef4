import { jest } from '@jest/globals';
import {
  CqrsException,
  RemoteException,
  RemoteUnavailableException,
  type MiddlewareFunction,
  type Next,
} from 'nestjs-cqrs';
import { escaped } from '../../../support/escaped-rejections.js';
import { until } from '../../../support/waiting.js';
import { freeAddress } from './address.js';
import { sender, service } from './applications.js';
import { Add, Ask, Refused, Rows } from './messages.js';
import { thrownNames, unansweredNames } from './odd.js';
import { registered } from './register.js';

jest.setTimeout(60_000);

const failureOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    result => ({ result }),
    (error: unknown) => error,
  );

async function both(timeout = 5000, middleware: MiddlewareFunction[] = []) {
  const address = await freeAddress();
  const served = await service('tcp', address);
  const sending = await sender('tcp', address, timeout, { middleware });
  return { ...sending, served };
}

describe('A handler of another process that misbehaves', () => {
  it.each(thrownNames)('throws: %s', async thrown => {
    const { queries, served } = await both();
    const failure = await failureOf(queries.ask(new Ask(`throws ${thrown}`)));
    expect(failure).toBeInstanceOf(RemoteException);
    expect(await queries.ask(new Ask('echo', 'next'))).toBe('next');
    expect([registered(served.app), escaped]).toEqual([0, []]);
  });

  it.each(unansweredNames)('returns what cannot be answered: %s', async how => {
    const { queries, served } = await both();
    const failure = await failureOf(queries.ask(new Ask(how)));
    expect(failure).toBeInstanceOf(CqrsException);
    expect(failure).not.toBeInstanceOf(RemoteUnavailableException);
    expect(await queries.ask(new Ask('echo', 'next'))).toBe('next');
    expect([registered(served.app), escaped]).toEqual([0, []]);
  });

  it('never settles: the limit of the route ends the call on both sides', async () => {
    const { queries, served } = await both(50);
    const failure = await failureOf(queries.ask(new Ask('never')));
    expect(failure).toBeInstanceOf(RemoteUnavailableException);
    expect(failure).toMatchObject({ outcome: 'unknown' });
    await until(() => registered(served.app) === 0);
    expect(escaped).toEqual([]);
  });

  it('throws a listed error', async () => {
    const { queries } = await both();
    const failure = await failureOf(queries.ask(new Ask('refused')));
    expect(failure).toBeInstanceOf(Refused);
    expect((failure as Refused).since).toEqual(new Date(7));
  });
});

describe('A source of rows in another process that misbehaves', () => {
  const read = async (rows: AsyncIterable<unknown>, most = Infinity) => {
    const seen: unknown[] = [];
    for await (const row of rows) if (seen.push(row) === most) break;
    return seen;
  };

  it.each([
    ['throws', { remote: { name: 'RangeError' } }],
    ['cannot be written', { code: 'CQRS_UNSERIALIZABLE' }],
    ['fails at the end', { remote: { name: 'Error' } }],
  ])('%s: the reader fails, and the source has ended', async (how, expected) => {
    const { queries, served } = await both();
    const failure = await failureOf(read(queries.stream(new Rows(10, how))));
    expect(failure).toBeInstanceOf(CqrsException);
    expect(failure).toMatchObject(expected);
    await until(() => served.service.done.openRows === 0 && registered(served.app) === 0);
    expect(escaped).toEqual([]);
  });

  it('fails in return(): the reader that has left does not learn of it', async () => {
    const { queries, served } = await both();
    expect(await read(queries.stream(new Rows(1000, 'fails at the end')), 3)).toEqual([0, 1, 2]);
    await until(() => served.service.done.openRows === 0 && registered(served.app) === 0);
    expect(escaped).toEqual([]);
  });

  it('is silent: return() while a row is awaited ends the reader at once', async () => {
    const { queries, served } = await both();
    const rows = queries.stream(new Rows(10, 'silent'));
    for (let i = 0; i < 3; i++) expect(await rows.next()).toEqual({ done: false, value: i });
    const awaited = rows.next();
    expect(await rows.return!()).toEqual({ done: true, value: undefined });
    expect(await awaited).toEqual({ done: true, value: undefined });
    await until(() => registered(served.app) === 0);
    expect(escaped).toEqual([]);
  });
});

describe('Middleware of the sender', () => {
  it('that calls next twice sends twice, each with its own answer', async () => {
    const answers: unknown[] = [];
    const twice = async (message: object, next: Next) => {
      answers.push(...(await Promise.all([next(message), next(message)])));
      return next(message);
    };
    const { commands, served } = await both(5000, [twice]);
    const answer = { id: 'x', process: process.pid };
    expect(await commands.execute(new Add('x'))).toEqual(answer);
    expect(answers).toEqual([answer, answer]);
    expect(served.service.done.handled).toEqual({ x: 3 });
  });

  it('that calls next again after a failure gets the answer of that call', async () => {
    const again = (message: object, next: Next) => next(message).catch(() => next(message));
    const address = await freeAddress();
    const { commands } = await sender('tcp', address, 5000, { middleware: [again] });
    const failure = await failureOf(commands.execute(new Add('x')));
    expect(failure).toMatchObject({ outcome: 'not-handled' });
    const served = await service('tcp', address);
    expect(await commands.execute(new Add('x'))).toMatchObject({ id: 'x' });
    expect(served.service.done.handled).toEqual({ x: 1 });
  });

  it('that throws after the answer fails its caller alone', async () => {
    const failing = async (message: object, next: Next) => {
      const answer = await next(message);
      if ((message as Add).id === 'bad') throw new Error('after');
      return answer;
    };
    const { commands } = await both(5000, [failing]);
    const results = await Promise.allSettled(['good', 'bad', 'good'].map(id => commands.execute(new Add(id))));
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(escaped).toEqual([]);
  });
});
