import { AsyncLocalStorage } from 'node:async_hooks';
import { EventEmitter, getEventListeners } from 'node:events';
import { jest } from '@jest/globals';
import { expose, MessageContext, route, type CqrsModuleOptions } from 'nestjs-cqrs';
import { MemoryRemote } from 'nestjs-cqrs/testing';
import { escaped } from '../../../support/escaped-rejections.js';
import { collectUntil } from '../../../support/garbage.js';
import { soon, until } from '../../../support/waiting.js';
import { freeAddress } from './address.js';
import { application, sender, sending, service } from './applications.js';
import { Add, Ask, Rows } from './messages.js';
import { registered } from './register.js';
import { Service } from './service.js';
import { seen, storage } from './storage.js';

jest.setTimeout(120_000);

const CALLS = Number(process.env['CQRS_CALLS'] ?? 1500);

async function both(options: CqrsModuleOptions = {}) {
  const address = await freeAddress();
  const served = await service('tcp', address, options);
  return { address, served, ...(await sender('tcp', address)) };
}

describe('Two applications in one process', () => {
  it('keep what callers hold in an AsyncLocalStorage from the handlers of the other', async () => {
    const { commands, queries } = await both();
    seen.length = 0;
    await storage.run('first', () => commands.execute(new Add('a', 1)));
    await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        storage.run(`caller ${i}`, async () => {
          await queries.ask(new Ask('stored'));
          for await (const _ of queries.stream(new Rows(40, 'stored')));
        }),
      ),
    );
    expect(seen).toHaveLength(20 + 20 * 40);
    expect(seen.filter(store => store !== undefined)).toEqual([]);
  });

  it('do so in memory too', async () => {
    const remote = new MemoryRemote('faults');
    await application({ expose: [expose(Ask, Rows).on(remote.server())] }, [Service as never]);
    const { queries } = await sending({ routes: [route('faults.*').to(remote.transport())] });
    seen.length = 0;
    await storage.run('caller', async () => {
      await queries.ask(new Ask('stored'));
      for await (const _ of queries.stream(new Rows(3, 'stored')));
      expect(storage.getStore()).toBe('caller');
    });
    expect(seen).toEqual([undefined, undefined, undefined, undefined]);
  });

  it('give callers that share a connection their own store back after each answer and row', async () => {
    const { commands, queries } = await both();
    const wrong: unknown[] = [];
    const check = (i: number) => {
      if (storage.getStore() !== `caller ${i}`) wrong.push([i, storage.getStore()]);
    };
    const call = async (i: number) => {
      await commands.execute(new Add(`${i}`, i % 3));
      check(i);
      for await (const _ of queries.stream(new Rows(70))) check(i);
      await queries.ask(new Ask('throws text')).catch(() => check(i));
      check(i);
    };
    await Promise.all(Array.from({ length: 32 }, (_, i) => storage.run(`caller ${i}`, () => call(i))));
    expect(wrong).toEqual([]);
  });

  it('know the context of each message in the continuations of its handler', async () => {
    const { queries } = await both({ propagateContext: true });
    const ids = Array.from({ length: 50 }, (_, i) => `c-${i}`);
    const ask = (correlationId: string) => queries.ask(new Ask('correlation'), { correlationId });
    expect(await Promise.all(ids.map(ask))).toEqual(ids);
    expect(MessageContext.find()).toBeUndefined();
  });

  it('may follow each other with the same server and the same client', async () => {
    const address = await freeAddress();
    for (let i = 0; i < 3; i++) {
      const served = await service('tcp', address);
      const { app, commands } = await sender('tcp', address);
      expect(await commands.execute(new Add(`${i}`))).toMatchObject({ id: `${i}` });
      await app.close();
      await served.app.close();
    }
  });
});

/** How many timers, sockets and the like keep the process alive. */
const resources = (type: string): number => process.getActiveResourcesInfo().filter(each => each === type).length;

describe(`After ${CALLS} calls`, () => {
  it('no timer, no listener and no entry of a map is left', async () => {
    const { commands, queries, client, served } = await both();
    const leaving = new AbortController();
    const { signal } = leaving;
    const options = { signal, timeout: 60_000 };
    const added = jest.spyOn(signal, 'addEventListener');
    const warnings: unknown[] = [];
    const warn = (warning: Error) => void warnings.push(warning);
    process.on('warning', warn);
    await commands.execute(new Add('first'), options);
    const timers = resources('Timeout');
    const hundred = async (i: number) => {
      const calls = Array.from({ length: 97 }, (_, j) => queries.ask(new Ask('echo', i + j), options));
      expect(await Promise.all(calls)).toEqual(calls.map((_, j) => i + j));
      // Of every hundred, one fails, one is slow, and one reads rows.
      await queries.ask(new Ask('throws text'), options).catch(() => undefined);
      if (i % 1000 === 0) await commands.execute(new Add(`${i}`, 25), options);
      for await (const row of queries.stream(new Rows(100), options)) if (row === 1) break;
    };
    for (let i = 0; i < CALLS; i += 100) await hundred(i);
    await until(() => registered(served.app) === 0 && served.service.done.openRows === 0);
    await soon();
    process.off('warning', warn);
    // One listener serves those who follow it, and goes with the last that is collected.
    await collectUntil(() => getEventListeners(signal, 'abort').length === 0);
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
    expect(added).toHaveBeenCalled();
    expect(routing(client)).toBe(0);
    expect(resources('Timeout')).toBeLessThanOrEqual(timers);
    const socket = client.unwrap<EventEmitter>();
    for (const name of socket.eventNames()) expect(socket.listenerCount(name)).toBeLessThan(10);
    expect([warnings, escaped]).toEqual([[], []]);
  });

  it('nothing holds the store of a caller that is gone, also of the first, who connects', async () => {
    const { queries } = await both();
    const stored = new AsyncLocalStorage<object>();
    const make = async () => {
      const store = {};
      await stored.run(store, () => queries.ask(new Ask('echo', 2)));
      return new WeakRef(store);
    };
    const reference = await make();
    await collectUntil(() => reference.deref() === undefined);
    expect(reference.deref()).toBeUndefined();
  });
});

const routing = (client: object): number => (client as { routingMap: Map<string, unknown> }).routingMap.size;
