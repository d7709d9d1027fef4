import { Inject, Injectable, Module, Scope } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import { jest } from '@jest/globals';
import { delay, firstValueFrom, lastValueFrom, map, merge, of, take, throwError, toArray, type Observable } from 'rxjs';
import {
  AggregateRoot,
  CommandBus,
  CommandHandler,
  CqrsModule,
  EventBus,
  EventPublisher,
  EventsHandler,
  InvalidMessageException,
  ofType,
  QueryBus,
  Saga,
  type MessageContext,
} from 'nestjs-cqrs';
import { scenario } from 'nestjs-cqrs/testing';
import { closeAll, init, start } from './application.js';
import { quiet } from '../../support/waiting.js';

/** Faults of the same families that nobody has listed. */
describe('Further faults:', () => {
  class Work {
    constructor(readonly id: number) {}
  }
  class Worked {
    constructor(readonly id: number) {}
  }

  const seen: unknown[] = [];
  beforeEach(() => void (seen.length = 0));
  afterEach(closeAll);

  @CommandHandler(Work)
  class Works {
    execute({ id }: Work) {
      seen.push(`work ${id}`);
    }
  }
  @EventsHandler(Worked)
  class Listens {
    handle({ id }: Worked) {
      seen.push(`event ${id}`);
    }
  }

  describe('messages that resist being looked at', () => {
    const revoked = () => {
      const { proxy, revoke } = Proxy.revocable(new Worked(1), {});
      revoke();
      return proxy;
    };
    const suspicious = () =>
      new Proxy(new Worked(1), {
        get: () => {
          throw new Error('do not touch');
        },
      });

    it.each([
      ['a revoked proxy', revoked],
      ['a proxy that throws at every read', suspicious],
    ])('%s hurts nobody', async (_, make) => {
      const { events, commands, queries } = await start({ providers: [Listens] });
      const settled = await Promise.allSettled([
        events.publish(make()),
        events.publishAll([make(), new Worked(2)]),
        commands.execute(make() as never),
        queries.execute(make() as never),
      ]);
      expect(settled).toHaveLength(4);
      await events.publish(new Worked(3));
      expect(seen).toContain('event 2');
      expect(seen.at(-1)).toBe('event 3');
    });

    it('an event with an own property "constructor" is routed by its class', async () => {
      const { events } = await start({ providers: [Listens] });
      await events.publish(Object.assign(new Worked(1), { constructor: 'text' }));
      expect(seen).toEqual(['event 1']);
    });

    it('plain objects have no handlers of their own, and are not an error', async () => {
      const { events } = await start({ providers: [Listens] });
      events.subscribe(event => seen.push(event));
      await events.publish({ id: 1 });
      expect(seen).toEqual([{ id: 1 }]);
    });
  });

  describe('providers that resist being looked at', () => {
    const touchy = () =>
      new Proxy(
        {},
        {
          get: (_, key) => {
            if (key === 'then' || /^(on|before)/.test(String(key))) return undefined;
            if (key === 'constructor') return Object;
            throw new Error(`do not read ${String(key)}`);
          },
          getPrototypeOf: () => {
            throw new Error('do not ask');
          },
        },
      );

    it('a provider that throws at every read does not stop the start', async () => {
      const { commands } = await start({ providers: [Works, { provide: 'touchy', useFactory: touchy }] });
      await commands.execute(new Work(1));
      expect(seen).toEqual(['work 1']);
    });

    it('nor does it disturb the end: after close() a message is refused', async () => {
      const { app, commands, events } = await start({ providers: [Works, { provide: 'touchy', useFactory: touchy }] });
      await app.close();
      await expect(commands.execute(new Work(1))).rejects.toMatchObject({ code: 'CQRS_BUS_CLOSED' });
      await expect(events.publish(new Worked(1))).rejects.toMatchObject({ code: 'CQRS_BUS_CLOSED' });
    });

    it('getters of handlers and other providers are not called', async () => {
      @Injectable()
      class Lazy {
        get connection(): never {
          throw new Error('not connected');
        }
      }
      @EventsHandler(Worked)
      class WithGetter extends Lazy {
        handle({ id }: Worked) {
          seen.push(`getter ${id}`);
        }
      }
      const { events } = await start({ providers: [Lazy, WithGetter] });
      await events.publish(new Worked(1));
      expect(seen).toEqual(['getter 1']);
    });
  });

  describe('declarations without the decorators', () => {
    it('metadata written under the known keys makes handlers', async () => {
      class ByHand {
        execute({ id }: Work) {
          seen.push(`by hand ${id}`);
        }
      }
      class ListensByHand {
        handle({ id }: Worked) {
          seen.push(`by hand ${id}`);
        }
      }
      Reflect.defineMetadata('__command__', { id: 'work' }, Work);
      Reflect.defineMetadata('__commandHandler__', Work, ByHand);
      Reflect.defineMetadata('__eventsHandler__', [Worked], ListensByHand);
      const { commands, events } = await start({ providers: [ByHand, ListensByHand] });
      await commands.execute(new Work(1));
      await events.publish(new Worked(2));
      expect(seen).toEqual(['by hand 1', 'by hand 2']);
    });
  });

  describe('sagas', () => {
    it('one that throws when it is started stops the start and is named', async () => {
      class Sagas {
        @Saga()
        broken = (): Observable<Work> => {
          throw new Error('no configuration');
        };
      }
      const error: unknown = await start({ providers: [Sagas] }).catch((e: unknown) => e);
      expect((error as Error).message).toContain('Sagas.broken');
      expect((error as Error).cause).toEqual(new Error('no configuration'));
    });

    it('one that ends leaves the others running', async () => {
      class Sagas {
        @Saga()
        once = (events$: Observable<any>) =>
          events$.pipe(
            take(1),
            map(({ id }: Worked) => new Work(id)),
          );
        @Saga()
        always = (events$: Observable<any>) => events$.pipe(map(({ id }: Worked) => new Work(id * 10)));
      }
      const { app } = await start({ providers: [Works, Sagas] });
      await scenario(app).when(new Worked(1)).sends(new Work(1), new Work(10));
      await scenario(app).when(new Worked(2)).sends(new Work(20));
    });

    it('one that fails at once at every subscription does not spin', async () => {
      class Sagas {
        @Saga()
        hopeless = (): Observable<Work> => throwError(() => new Error('hopeless'));
      }
      const { events, reported } = await start({ providers: [Sagas, Listens] });
      for (const id of [1, 2, 3]) await events.publish(new Worked(id));
      await quiet();
      expect(seen).toEqual(['event 1', 'event 2', 'event 3']);
      expect(reported.length).toBeGreaterThan(0);
      expect(reported.length).toBeLessThan(20);
    });

    it('one whose bus is mocked to return nothing goes on', async () => {
      class Sagas {
        @Saga()
        all = (events$: Observable<any>) => events$.pipe(map(({ id }: Worked) => new Work(id)));
      }
      const { events, commands, reported } = await start({ providers: [Sagas] });
      const execute = jest.spyOn(commands, 'execute').mockReturnValue(undefined as never);
      for (const id of [1, 2]) await events.publish(new Worked(id));
      await quiet();
      expect(execute.mock.calls).toEqual([[new Work(1)], [new Work(2)]]);
      expect(reported).toEqual([]);
    });

    it('one that emits a value that is not a command is reported and continues', async () => {
      class Sagas {
        @Saga()
        odd = (events$: Observable<any>) =>
          events$.pipe(map(({ id }: Worked) => (id === 1 ? (Work as never) : new Work(id))));
      }
      const { app, reported } = await start({ providers: [Sagas, Works] });
      const { executed } = await scenario(app).when(new Worked(1)).fails(InvalidMessageException);
      executed.none(Work);
      await scenario(app).when(new Worked(2)).sends(new Work(2));
      expect(reported.map(({ exception }) => exception as Error)).toEqual([expect.any(InvalidMessageException)]);
    });

    it('one that publishes what it listens to does not overflow the stack', async () => {
      const { events } = await start({ providers: [Listens] });
      let left = 20_000;
      events.subscribe(() => {
        if (left-- > 0) void events.publish(new Worked(left));
      });
      await events.publish(new Worked(0));
      await quiet();
      expect(seen).toHaveLength(20_001);
    });
  });

  describe('events that publish events', () => {
    it('a chain of synchronous handlers does not overflow the stack', async () => {
      const bus = new EventBus();
      let handled = 0;
      bus.register(Worked, ({ id }) => {
        handled++;
        if (id > 0) void bus.publish(new Worked(id - 1));
      });
      await bus.publish(new Worked(20_000));
      expect(handled).toBe(20_001);
    });

    it('a handler that awaits what it publishes does not deadlock, in any mode', async () => {
      for (const mode of ['parallel', 'sequential', 'untilFailure'] as const) {
        const bus = new EventBus({ mode });
        const order: number[] = [];
        bus.register(Worked, async ({ id }) => {
          if (id > 0) await bus.publish(new Worked(id - 1));
          order.push(id);
        });
        await bus.publish(new Worked(3));
        expect(order).toEqual([0, 1, 2, 3]);
      }
    });

    it('a handler may unregister itself or register another while it runs', async () => {
      const bus = new EventBus();
      const dispose = bus.register(Worked, () => {
        seen.push('first');
        dispose();
        bus.register(Worked, () => void seen.push('late'));
      });
      bus.register(Worked, () => void seen.push('second'));
      await bus.publish(new Worked(1));
      expect(seen).toEqual(['first', 'second']);
      await bus.publish(new Worked(2));
      expect(seen).toEqual(['first', 'second', 'second', 'late']);
    });
  });

  describe('applications', () => {
    const application = (note: string) => {
      @EventsHandler(Worked)
      class Notes {
        handle({ id }: Worked) {
          seen.push(`${note} ${id}`);
        }
      }
      @Module({ imports: [CqrsModule.forRoot()], providers: [Notes, Works] })
      class AppModule {}
      return NestFactory.createApplicationContext(AppModule, { logger: false });
    };

    it('two at once never meet, and one closing leaves the other alone', async () => {
      const [one, other] = [await application('one'), await application('other')];
      await one.get(EventBus).publish(new Worked(1));
      await one.close();
      await other.get(EventBus).publish(new Worked(2));
      await other.get(CommandBus).execute(new Work(3));
      await other.close();
      expect(seen).toEqual(['one 1', 'other 2', 'work 3']);
    });

    it('closing twice, and closing while a handler closes, ends', async () => {
      const app = await application('app');
      app.get(CommandBus).register(class Stop {}, () => undefined);
      await Promise.all([app.close(), app.close()]);
      await app.close();
      expect(app.get(EventBus).subject$.observed).toBe(false);
    });

    it('a handler that closes its application does not wait for itself for ever', async () => {
      class Stop {}
      const { app, commands } = await start({}, { shutdown: { timeout: 30 } });
      commands.register(Stop, () => app.close());
      await commands.execute(new Stop());
      await expect(commands.execute(new Stop())).rejects.toThrow('after the bus had been closed');
    });

    it('a start that failed leaves nothing that a second start of the same classes meets', async () => {
      class Broken {
        constructor() {
          throw new Error('no database');
        }
      }
      const modules = (providers: any[]) => Test.createTestingModule({ imports: [CqrsModule.forRoot()], providers });
      await expect(
        modules([Works, Listens, { provide: 'broken', useFactory: () => new Broken() }]).compile(),
      ).rejects.toThrow('no database');
      const { commands, events } = await init(modules([Works, Listens]));
      await commands.execute(new Work(1));
      await events.publish(new Worked(2));
      expect(seen).toEqual(['work 1', 'event 2']);
    });

    it('a module that was compiled and not initialized handles what is sent', async () => {
      const module = await Test.createTestingModule({
        imports: [CqrsModule.forRoot()],
        providers: [Works, Listens],
      }).compile();
      await module.get(CommandBus).execute(new Work(1));
      await module.get(EventBus).publish(new Worked(2));
      expect(seen).toEqual(['work 1', 'event 2']);
    });
  });

  describe('request scope', () => {
    it('a handler whose dependency cannot be made is reported, and the others run', async () => {
      @Injectable({ scope: Scope.REQUEST })
      class Unavailable {
        constructor() {
          throw new Error('unavailable');
        }
      }
      @EventsHandler(Worked)
      class Needs {
        constructor(@Inject(Unavailable) readonly it: Unavailable) {}
        handle() {
          seen.push('never');
        }
      }
      const { events, reported } = await start({ providers: [Needs, Unavailable, Listens] });
      await events.publish(new Worked(1));
      expect(seen).toEqual(['event 1']);
      expect(reported.map(({ exception, handler }) => [(exception as Error).message, handler])).toEqual([
        ['unavailable', 'Needs'],
      ]);
    });

    it('an overridden request-scoped handler serves as its double', async () => {
      @CommandHandler(Work, { scope: Scope.REQUEST })
      class Scoped {
        execute(): string {
          return 'real';
        }
      }
      const { commands } = await init(
        Test.createTestingModule({ imports: [CqrsModule.forRoot()], providers: [Scoped] })
          .overrideProvider(Scoped)
          .useValue({ execute: () => 'double' }),
      );
      expect(await commands.execute(new Work(1))).toBe('double');
    });
  });

  describe('aggregates', () => {
    class Order extends AggregateRoot {
      readonly ids: number[] = [];
      onWorked({ id }: Worked) {
        this.ids.push(id);
      }
    }

    it('the same event applied twice is published twice', async () => {
      const { app } = await start({ providers: [Listens] });
      const order = app.get(EventPublisher, { strict: false }).mergeObjectContext(new Order());
      const event = new Worked(1);
      order.apply(event);
      order.apply(event);
      await order.commit();
      expect(seen).toEqual(['event 1', 'event 1']);
    });

    it('two commits at once publish every event once', async () => {
      const { app } = await start({ providers: [Listens] });
      const order = app.get(EventPublisher, { strict: false }).mergeObjectContext(new Order());
      for (const id of [1, 2, 3]) order.apply(new Worked(id));
      await Promise.all([order.commit(), order.commit()]);
      expect(seen).toEqual(['event 1', 'event 2', 'event 3']);
    });

    it('a copy of the uncommitted events changes nothing', () => {
      const order = new Order();
      order.apply(new Worked(1));
      order.getUncommittedEvents().length = 0;
      expect(order.getUncommittedEvents()).toHaveLength(1);
    });
  });

  it('one command in flight many times, with middleware that keeps the context apart', async () => {
    const ids = new Set<string>();
    const keep = (message: object, next: (message: object) => Promise<unknown>, context: MessageContext) => {
      ids.add(context.messageId);
      return next(message);
    };
    const bus = new CommandBus({ middleware: [keep] });
    bus.register(Work, () => quiet());
    const command = Object.freeze(new Work(1));
    await Promise.all(Array.from({ length: 100 }, () => bus.execute(command)));
    expect(ids.size).toBe(100);
  });

  it('an Observable as the result of a handler is handed to the caller as it is', async () => {
    const bus = new QueryBus();
    bus.register(Work, () => of(1, 2));
    const answer: Observable<number> = await bus.execute(new Work(1));
    answer.subscribe(value => seen.push(value));
    expect(seen).toEqual([1, 2]);
  });

  it('with fake timers messages are handled, sagas run, and the application closes', async () => {
    class Sagas {
      @Saga()
      all = (events$: Observable<any>) =>
        events$.pipe(
          delay(1000),
          map(({ id }: Worked) => new Work(id)),
        );
    }
    const { app, events, commands } = await start({ providers: [Works, Listens, Sagas] });
    jest.useFakeTimers();
    try {
      await events.publish(new Worked(1));
      await commands.execute(new Work(2));
      expect(seen).toEqual(['event 1', 'work 2']);
      await jest.advanceTimersByTimeAsync(1000);
      expect(seen).toEqual(['event 1', 'work 2', 'work 1']);
      const closing = app.close();
      await jest.advanceTimersByTimeAsync(20_000);
      await closing;
    } finally {
      jest.useRealTimers();
    }
    await expect(commands.execute(new Work(3))).rejects.toThrow('closed');
  });

  it('buses are observables like any other', async () => {
    const bus = new EventBus();
    const first = firstValueFrom(bus.pipe(ofType(Worked)));
    const all = lastValueFrom(merge(bus, bus.subject$.asObservable()).pipe(take(4), toArray()));
    const until = bus.forEach(() => {
      throw new Error('stop');
    });
    await bus.publish(new Worked(1));
    await bus.publish(new Worked(2));
    expect(await first).toEqual(new Worked(1));
    expect(await all).toHaveLength(4);
    await expect(until).rejects.toThrow('stop');
  });
});
