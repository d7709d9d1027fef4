import { jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { BusClosedException, Query, QueryBus, QueryHandlerNotFoundException } from '../../../lib/index.js';

class GetName extends Query<string | null> {
  constructor(readonly id: string) {
    super();
  }
}
class GetFullName extends GetName {}

beforeAll(() => Logger.overrideLogger(false));

describe('QueryBus without Nest', () => {
  let bus: QueryBus;
  beforeEach(() => {
    bus = new QueryBus();
  });

  it('answers by ask() and by execute(), which is the same', async () => {
    bus.register(GetName, ({ id }) => (id === '1' ? 'ann' : null));
    expect(await bus.ask(new GetName('1'))).toBe('ann');
    expect(await bus.ask(new GetName('2'))).toBeNull();
    expect(await bus.execute(new GetName('1'))).toBe('ann');
  });

  it('always returns promises, of sync handlers too', () => {
    bus.register(GetName, () => 'ann');
    expect(bus.ask(new GetName('1'))).toBeInstanceOf(Promise);
  });

  it('lets errors through unchanged, as rejections', async () => {
    const error = new Error('boom');
    bus.register(GetName, () => {
      throw error;
    });
    await expect(bus.ask(new GetName('1'))).rejects.toBe(error);
    await expect(bus.execute(new GetName('1'))).rejects.toBe(error);
  });

  it('rejects for a query without a handler', async () => {
    await expect(bus.ask(new GetName('1'))).rejects.toBeInstanceOf(QueryHandlerNotFoundException);
  });

  it('answers subclasses by the handler of the base, unless they have their own', async () => {
    bus.register(GetName, () => 'base');
    expect(await bus.ask(new GetFullName('1'))).toBe('base');
    bus.register(GetFullName, () => 'own');
    expect(await bus.ask(new GetFullName('1'))).toBe('own');
  });

  it('shows queries to its subscribers or to a publisher, whose failures are ignored', async () => {
    const seen: object[] = [];
    bus.register(GetName, () => 'ann');
    bus.subscribe(query => seen.push(query));
    const query = new GetName('1');
    await bus.ask(query);
    expect(seen).toEqual([query]);
    const publish = jest.fn(() => Promise.reject(new Error('publisher')));
    const published = new QueryBus({ registry: bus.registry });
    published.publisher = { publish };
    expect(await published.ask(query)).toBe('ann');
    expect(publish).toHaveBeenCalledWith(query);
  });

  it('hands the context to a handler that declares it', async () => {
    bus.register(GetName, (_, context) => `${context.kind} ${context.type.name} ${String(context.headers.tenant)}`);
    expect(await bus.ask(new GetName('1'), { headers: { tenant: 'a' } })).toBe('query GetName a');
  });

  it('refuses queries after it was closed', async () => {
    bus.register(GetName, () => 'ann');
    bus.close();
    await expect(bus.ask(new GetName('1'))).rejects.toBeInstanceOf(BusClosedException);
    await expect(bus.stream(new GetName('1') as never).next()).rejects.toBeInstanceOf(BusClosedException);
  });
});
