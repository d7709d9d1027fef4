import { AsyncLocalStorage } from 'node:async_hooks';
import { LazyModuleLoader } from '@nestjs/core';
import { Module } from '@nestjs/common';
import PgBoss from 'pg-boss-10';
import {
  Command,
  CommandBus,
  CommandHandler,
  CqrsModule,
  DeadLetters,
  Durable,
  Event,
  EventsHandler,
  Message,
  Query,
  QueryHandler,
  Queues,
  route,
  Schedules,
  Wiring,
  type CqrsModuleOptions,
} from '../../../lib/index.js';
import { MemoryRemote, MemoryTransport } from '../../../lib/testing/index.js';
import { codesOf, refusalOf, start } from '../../support/application.js';

@Durable()
@Message({ name: 'wiring.send' })
class Send extends Command {}

@Message({ name: 'wiring.happened' })
class Happened extends Event {}

class Ask extends Query<string> {}

class Sender {
  @CommandHandler(Send)
  send(): void {}
}

const withDurable = (
  providers: unknown[],
  options: Partial<CqrsModuleOptions> = {},
  transport = new MemoryTransport(),
) => ({
  imports: [CqrsModule.forRoot({ durable: { transport }, ...options })],
  providers: providers as [],
});

const withoutOrder = (): MemoryTransport =>
  Object.assign(new MemoryTransport(), {
    features: { ...new MemoryTransport().features, keys: 'none', schedules: false },
  }) as MemoryTransport;

describe('durable messages at startup', () => {
  it('refuse @Durable on an event handler without a name', async () => {
    class Unnamed {
      @EventsHandler(Happened)
      // @ts-expect-error: a handler must name its queue
      @Durable()
      on(): void {}
    }
    expect(await codesOf(withDurable([Unnamed]))).toEqual(['CQRS_DURABLE_WITHOUT_NAME']);
  });

  it('refuse @Durable on a command without a name, here and elsewhere', async () => {
    @Durable()
    class Unnamed extends Command {}
    @Durable()
    @Message({ version: 2 })
    class Elsewhere extends Command {}
    class Handler {
      @CommandHandler(Unnamed)
      handle(): void {}
    }
    const durable = { transport: new MemoryTransport(), elsewhere: [Elsewhere] };
    const { problems } = await refusalOf(withDurable([Handler], { durable }));
    expect(problems.map(({ code, where }) => [code, where])).toEqual([
      ['CQRS_DURABLE_WITHOUT_NAME', 'Unnamed'],
      ['CQRS_DURABLE_WITHOUT_NAME', 'Elsewhere'],
    ]);
  });

  it('refuse @Durable on a static method', () => {
    class Static {
      static send(): void {}
    }
    const decorate = () => Durable('static')(Static, 'send', Object.getOwnPropertyDescriptor(Static, 'send')!);
    expect(decorate).toThrow(
      expect.objectContaining({
        what: '@Durable is on a static method, which no provider runs.',
        where: 'Static.send',
        remedy: 'Take static away.',
      }),
    );
  });

  it('refuse an event handler with @Durable where nothing stores', async () => {
    class Named {
      @EventsHandler(Happened)
      @Durable('named')
      on(): void {}
    }
    expect(await codesOf({ imports: [CqrsModule.forRoot()], providers: [Named] })).toEqual(['CQRS_NOT_DURABLE']);
  });

  it('refuse @Durable on handlers of commands and queries, and on other methods', async () => {
    class Misplaced {
      @CommandHandler(Send)
      @Durable('commands')
      send(): void {}

      @QueryHandler(Ask)
      @Durable('queries')
      ask(): string {
        return '';
      }

      @Durable('stray')
      other(): void {}
    }
    const { problems } = await refusalOf(withDurable([Misplaced]));
    expect(new Set(problems.map(({ code }) => code))).toEqual(new Set(['CQRS_DURABLE_MISPLACED']));
    expect(problems.map(({ what }) => what)).toEqual(
      expect.arrayContaining([
        '@Durable is on a command handler.',
        '@Durable is on a query handler.',
        '@Durable is on Misplaced.other, which handles nothing.',
      ]),
    );
  });

  it('refuse @Durable on an event and on a query', async () => {
    @Durable()
    class Odd extends Event {}
    @Durable()
    class OddQuery extends Query<string> {}
    class Handlers {
      @EventsHandler(Odd)
      on(): void {}

      @QueryHandler(OddQuery)
      ask(): string {
        return '';
      }
    }
    expect(await codesOf(withDurable([Handlers]))).toEqual(['CQRS_DURABLE_MISPLACED', 'CQRS_DURABLE_MISPLACED']);
  });

  it('refuse two queues of one name', async () => {
    class Twins {
      @EventsHandler(Happened)
      @Durable('twin')
      one(): void {}

      @EventsHandler(Happened)
      @Durable('twin')
      two(): void {}

      @EventsHandler(Happened)
      @Durable('wiring.send')
      three(): void {}
    }
    expect(await codesOf(withDurable([Twins, Sender]))).toEqual(['CQRS_DURABLE_NAME_TWICE', 'CQRS_DURABLE_NAME_TWICE']);
  });

  it('refuse a name on a command, and options that do not exist', async () => {
    @Durable('name' as never)
    @Message({ name: 'wiring.named' })
    class Named extends Command {}
    @Durable({ retry: { limits: 3 } as never, concurrency: 0 })
    @Message({ name: 'wiring.odd' })
    class Odd extends Command {}
    class Handlers {
      @CommandHandler(Named)
      named(): void {}

      @CommandHandler(Odd)
      odd(): void {}
    }
    expect((await codesOf(withDurable([Handlers]))).toSorted()).toEqual([
      'CQRS_DURABLE_WITHOUT_NAME',
      'CQRS_INVALID_OPTIONS',
      'CQRS_INVALID_OPTIONS',
    ]);
  });

  it.each([
    [10_000, []],
    [10_001, ['CQRS_INVALID_OPTIONS']],
    [1, []],
    [1.5, ['CQRS_INVALID_OPTIONS']],
  ])('take a concurrency up to ten thousand: %d', async (concurrency, codes) => {
    @Durable({ concurrency })
    @Message({ name: `wiring.concurrency.${concurrency}` })
    class Concurrent extends Command {}
    class Handler {
      @CommandHandler(Concurrent)
      handle(): void {}
    }
    const found = await start(withDurable([Handler])).then(
      () => [],
      (error: { problems: { code: string }[] }) => error.problems.map(({ code }) => code),
    );
    expect(found).toEqual(codes);
  });

  it('refuse keys and schedules of an engine that cannot keep them', async () => {
    @Durable({ key: () => 'key' })
    @Message({ name: 'wiring.keyed' })
    class Keyed extends Command {}
    class Handlers {
      @CommandHandler(Keyed)
      keyed(): void {}

      @EventsHandler(Happened)
      @Durable('in-order', { key: () => 'key' })
      on(): void {}
    }
    expect(await codesOf(withDurable([Handlers], {}, withoutOrder()))).toEqual(['CQRS_NO_ORDER', 'CQRS_NO_ORDER']);
  });

  it('refuse a durable route where nothing stores', async () => {
    const routes = [route(Happened).to(new MemoryRemote('other').transport(), { durable: true })];
    expect(await codesOf({ imports: [CqrsModule.forRoot({ routes })] })).toEqual(['CQRS_NOT_DURABLE']);
  });

  it('report the option durable without a transport, and unfit values', async () => {
    expect(await codesOf({ imports: [CqrsModule.forRoot({ durable: {} as never })] })).toEqual([
      'CQRS_INVALID_OPTIONS',
    ]);
    const transport = new MemoryTransport();
    const durable = { transport, concurrency: 0, work: 'yes', elsewhere: [3], retries: {} } as never;
    expect(await codesOf({ imports: [CqrsModule.forRoot({ durable })] })).toContain('CQRS_INVALID_OPTIONS');
    expect(await codesOf({ imports: [CqrsModule.forRoot({ durable: { transport: {} } as never })] })).toEqual([
      'CQRS_INVALID_OPTIONS',
    ]);
  });

  it('need no queue', async () => {
    const transport = new MemoryTransport();
    const { app } = await start({ imports: [CqrsModule.forRoot({ durable: { transport } })] });
    await expect(app.get(Queues).list()).resolves.toEqual([]);
    await expect(app.get(DeadLetters).list()).resolves.toMatchObject([]);
    await expect(app.get(Schedules).list()).resolves.toEqual([]);
  });

  it('refuse the transport of another application, which works on', async () => {
    const transport = new MemoryTransport();
    const { app: first } = await start(withDurable([Sender], {}, transport));
    await expect(start(withDurable([Sender], {}, transport))).rejects.toMatchObject({
      code: 'CQRS_INVALID_OPTIONS',
      remedy: expect.stringContaining('useFactory'),
    });
    await first.get(CommandBus).enqueue(new Send());
    await transport.settled();
    await expect(first.get(Queues).list()).resolves.toMatchObject([{ ready: 0, handledLastMinute: 1 }]);
  });

  it('take the transport of an application that has closed, with what is stored in it', async () => {
    const transport = new MemoryTransport();
    const { app: first } = await start(withDurable([Sender], { durable: { transport, work: false } }, transport));
    await first.get(CommandBus).enqueue(new Send());
    const [queues, commands] = [first.get(Queues), first.get(CommandBus)];
    await first.close();
    await expect(queues.list()).rejects.toMatchObject({ code: 'CQRS_ENGINE_UNAVAILABLE' });
    await expect(commands.enqueue(new Send())).rejects.toMatchObject({ name: 'BusClosedException' });
    const { app: second } = await start(withDurable([Sender], {}, transport));
    await transport.settled();
    await expect(second.get(Queues).list()).resolves.toMatchObject([{ ready: 0, handledLastMinute: 1 }]);
  });

  it.each([
    [
      'a transport in place of options',
      () => new MemoryTransport(),
      'The option "durable" must be an object with options, not a transport itself.',
    ],
    [
      'a boss in place of its transport',
      () => ({ transport: new PgBoss('postgres://localhost/none') }),
      'The option "durable.transport" must be what pgBoss(boss) or bullmq(connection) returns, not an instance of PgBoss.',
    ],
    [
      'an address in place of a transport',
      () => ({ transport: 'postgres://localhost' }),
      `The option "durable.transport" must be what pgBoss(boss) or bullmq(connection) returns, not 'postgres://localhost'.`,
    ],
  ])('recognise %s', async (_, durable, what) => {
    const { problems } = await refusalOf({
      imports: [CqrsModule.forRoot({ durable: durable() as never })],
      providers: [Sender],
    });
    expect(problems[0]).toMatchObject({
      code: 'CQRS_INVALID_OPTIONS',
      what,
      remedy: 'Write durable: { transport: pgBoss(boss) }, or { transport: bullmq(connection) }.',
    });
  });

  it('tell that the engine cannot be reached', async () => {
    let isClosed = false;
    const transport = Object.assign(new MemoryTransport(), {
      open: () => Promise.reject(new Error('ECONNREFUSED')),
      close: async () => {
        isClosed = true;
      },
    });
    await expect(start(withDurable([Sender], {}, transport as MemoryTransport))).rejects.toMatchObject({
      code: 'CQRS_ENGINE_UNAVAILABLE',
      message: expect.stringContaining('memory, cannot be opened: ECONNREFUSED'),
    });
    expect(isClosed).toBe(true);
  });
});

describe('the wiring', () => {
  it('shows where messages wait', async () => {
    class Listener {
      @EventsHandler(Happened)
      @Durable('listening')
      on(): void {}

      @EventsHandler(Happened)
      plain(): void {}
    }
    const { app } = await start(withDurable([Sender, Listener]));
    expect(app.get(Wiring).toText()).toBe(
      [
        'Commands',
        '  Send → Sender.send (RootTestModule), queue wiring.send (memory)',
        'Events',
        '  Happened → Listener.on (RootTestModule), queue listening (memory)',
        '  Happened → Listener.plain (RootTestModule)',
      ].join('\n'),
    );
  });
});

describe('a lazily loaded module', () => {
  class LazyHandler {
    @EventsHandler(Happened)
    @Durable('late')
    on(): void {}
  }
  @Module({ providers: [LazyHandler] })
  class Late {}

  it('leaves connections and workers outside of the request that loads it', async () => {
    const storage = new AsyncLocalStorage<string>();
    const stores: (string | undefined)[] = [];
    const transport = new MemoryTransport();
    const { open, work } = transport;
    transport.open = (...given) => (stores.push(storage.getStore()), open.apply(transport, given));
    transport.work = (...given) => (stores.push(storage.getStore()), work.apply(transport, given));
    const { app } = await start(withDurable([], {}, transport));
    await storage.run('request', () => app.get(LazyModuleLoader).load(() => Late));
    expect(stores).toEqual([undefined, undefined]);
  });

  it('that meets an engine that is away is refused, and the rest works on', async () => {
    const handled: string[] = [];
    class Working {
      @CommandHandler(Send)
      send(): void {
        handled.push('send');
      }
    }
    const transport = new MemoryTransport();
    const { open } = transport;
    const { app, commands } = await start(withDurable([Working], {}, transport));
    transport.open = () => Promise.reject(new Error('ECONNREFUSED'));
    await expect(app.get(LazyModuleLoader).load(() => Late)).rejects.toMatchObject({ code: 'CQRS_ENGINE_UNAVAILABLE' });
    transport.open = open;
    await commands.enqueue(new Send());
    await transport.settled();
    expect(handled).toEqual(['send']);
  });

  it('whose queue the engine refuses to work is refused, and the queue is worked with the next module', async () => {
    const handled: string[] = [];
    class Working {
      @EventsHandler(Happened)
      @Durable('lazy')
      on(): void {
        handled.push('happened');
      }
    }
    @Module({ providers: [Working] })
    class First {}
    @Module({})
    class Second {}
    const transport = new MemoryTransport();
    const { work } = transport;
    const { app, events } = await start(withDurable([], {}, transport));
    const loader = app.get(LazyModuleLoader);
    const refused = new Error('too many workers');
    transport.work = () => Promise.reject(refused);
    await expect(loader.load(() => First)).rejects.toBe(refused);
    transport.work = work;
    await loader.load(() => Second);
    await events.publish(new Happened());
    await transport.settled();
    expect(handled).toEqual(['happened']);
  });

  it('brings queues, which are worked', async () => {
    const handled: string[] = [];
    class Lazy {
      @CommandHandler(Send)
      send(): void {
        handled.push('send');
      }

      @EventsHandler(Happened)
      @Durable('lazy')
      on(): void {
        handled.push('happened');
      }
    }
    @Module({ providers: [Lazy] })
    class LazyModule {}
    const transport = new MemoryTransport();
    const { app, commands, events } = await start(withDurable([], {}, transport));
    await expect(commands.enqueue(new Send())).rejects.toMatchObject({ code: 'CQRS_HANDLER_NOT_FOUND' });
    await app.get(LazyModuleLoader).load(() => LazyModule);
    await commands.enqueue(new Send());
    await events.publish(new Happened());
    await transport.settled();
    expect(handled.toSorted()).toEqual(['happened', 'send']);
    expect((await app.get(Queues).list()).map(({ queue }) => queue)).toEqual(['lazy', 'wiring.send']);
  });
});
