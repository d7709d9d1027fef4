import { Test } from '@nestjs/testing';
import {
  Inject,
  Injectable,
  Module,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
  type OnModuleInit,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { MicroserviceOptions, Transport } from '@nestjs/microservices';
import { delay, map, type Observable } from 'rxjs';
import {
  AggregateRoot,
  CommandBus,
  CommandHandler,
  CqrsModule,
  EventBus,
  EventPublisher,
  EventsHandler,
  Publishable,
  Saga,
  UnhandledExceptionBus,
  type IEventPublisher,
} from 'nestjs-cqrs';
import { scenario } from 'nestjs-cqrs/testing';
import { closeAll, start } from './application.js';
import { quiet } from '../../support/waiting.js';

/** The section “Loss, crash, stuck”; what ended the process is in `process-death.spec.ts`. */
describe('Nothing is lost or stuck:', () => {
  class Happened {
    constructor(readonly id: number) {}
  }
  class Work {
    constructor(readonly id: number) {}
  }

  const seen: unknown[] = [];

  @EventsHandler(Happened)
  class Counts {
    handle({ id }: Happened) {
      seen.push(id);
    }
  }
  @CommandHandler(Work)
  class Works {
    execute({ id }: Work) {
      seen.push(`work ${id}`);
    }
  }

  beforeEach(() => void (seen.length = 0));
  afterEach(closeAll);

  it('a saga that throws once in its stream goes on with the next event, each failure reported', async () => {
    class Sagas {
      @Saga()
      odd = (events$: Observable<any>) =>
        events$.pipe(
          map(({ id }: Happened) => {
            if (id % 2 === 0) throw new Error(`even ${id}`);
            return new Work(id);
          }),
        );
    }
    const { app, reported } = await start({ providers: [Sagas, Works] });
    for (const id of [1, 3, 5]) {
      await scenario(app).when(new Happened(id)).sends(new Work(id));
      const { executed } = await scenario(app)
        .when(new Happened(id + 1))
        .fails(`even ${id + 1}`);
      executed.none(Work);
    }
    expect(reported.map(({ exception }) => (exception as Error).message)).toEqual(['even 2', 'even 4', 'even 6']);
  });

  it.each([undefined, null, Object.create(null) as object, 5, 'text', Happened])(
    'publish(%p) is refused, and the handlers go on',
    async value => {
      const { events } = await start({ providers: [Counts] });
      await expect(events.publish(value as never)).rejects.toThrow('must be an instance of a class');
      await events.publish(new Happened(1));
      expect(seen).toEqual([1]);
    },
  );

  describe('commit of an aggregate', () => {
    class Order extends AggregateRoot {}

    const startWith = async (eventPublisher: IEventPublisher) => {
      const { app } = await start({}, { eventPublisher });
      return app.get(EventPublisher, { strict: false }).mergeObjectContext(new Order());
    };

    it('hands over events that an asynchronous publishAll can still read', async () => {
      const stored: object[] = [];
      const order = await startWith({
        publish: () => undefined,
        publishAll: async events => {
          await quiet();
          stored.push(...events);
        },
      });
      order.apply(new Happened(1));
      order.apply(new Happened(2));
      await order.commit();
      expect(stored).toEqual([new Happened(1), new Happened(2)]);
      expect(order.getUncommittedEvents()).toEqual([]);
    });

    it('keeps the events when publishing fails, and a second commit publishes them', async () => {
      const stored: object[] = [];
      let isBroken = true;
      const order = await startWith({
        publish: () => undefined,
        publishAll: async events => {
          await Promise.resolve();
          if (isBroken) throw new Error('no broker');
          stored.push(...events);
        },
      });
      order.apply(new Happened(1));
      await expect(order.commit()).rejects.toThrow('no broker');
      expect(order.getUncommittedEvents()).toEqual([new Happened(1)]);
      isBroken = false;
      await order.commit();
      expect(stored).toEqual([new Happened(1)]);
    });

    it('does not publish history under autoCommit', async () => {
      const published: object[] = [];
      const order = await startWith({ publish: event => void published.push(event) });
      order.autoCommit = true;
      order.loadFromHistory([new Happened(1)]);
      order.apply(new Happened(2), true);
      order.apply(new Happened(3), { fromHistory: true });
      order.apply(new Happened(4));
      await quiet();
      expect(published).toEqual([new Happened(4)]);
    });
  });

  it('options of forRoot reach feature modules that import plain CqrsModule, and so do subscribers', async () => {
    const published: object[] = [];
    @Injectable()
    class Feature {
      constructor(
        @Inject(CommandBus) readonly commands: CommandBus,
        @Inject(UnhandledExceptionBus) readonly failures: UnhandledExceptionBus,
      ) {}
    }
    @Module({ imports: [CqrsModule], providers: [Works, Feature] })
    class FeatureModule {}
    const { app, commands } = await start(
      { imports: [FeatureModule] },
      { commandPublisher: { publish: command => void published.push(command) } },
    );
    const feature = app.get(Feature, { strict: false });
    await feature.commands.execute(new Work(1));
    expect(published).toEqual([new Work(1)]);
    expect(feature.commands).toBe(commands);
    expect(feature.failures).toBe(app.get(UnhandledExceptionBus, { strict: false }));
  });

  it('@Publishable serves every application of the process, one after another', async () => {
    @Publishable()
    class Order extends AggregateRoot {}
    for (const id of [1, 2]) {
      const { app } = await start({ providers: [Counts] });
      const order = new Order();
      order.apply(new Happened(id));
      await order.commit();
      await app.close();
    }
    expect(seen).toEqual([1, 2]);
  });

  it('@Publishable does not serve an application whose start has failed, in whichever hook', async () => {
    @Publishable()
    class Order extends AggregateRoot {}
    for (const hook of ['onModuleInit', 'onApplicationBootstrap']) {
      seen.splice(0);
      const { app } = await start({ providers: [Counts] });
      const failing = { provide: 'failing', useValue: { [hook]: () => Promise.reject(new Error(hook)) } };
      const other = await Test.createTestingModule({ imports: [CqrsModule.forRoot()], providers: [failing] }).compile();
      await expect(other.init()).rejects.toThrow(hook);
      const order = new Order();
      order.apply(new Happened(1));
      await order.commit();
      expect(seen).toEqual([1]);
      await app.close();
    }
  });

  it('a microservice with init() runs handlers and sagas once (1393)', async () => {
    class Sagas {
      @Saga()
      all = (events$: Observable<any>) => events$.pipe(map(({ id }: Happened) => new Work(id)));
    }
    @Module({ imports: [CqrsModule.forRoot()], providers: [Counts, Works, Sagas] })
    class AppModule {}
    const app = await NestFactory.createMicroservice<MicroserviceOptions>(AppModule, {
      transport: Transport.TCP,
      options: { port: 0 },
      logger: false,
    });
    await app.init();
    await app.listen();
    await app.get(EventBus).publish(new Happened(1));
    await quiet();
    await app.close();
    expect(seen).toEqual([1, 'work 1']);
  });

  describe('closing the application', () => {
    it('waits for a command whose promise was dropped, and for its event handlers', async () => {
      @CommandHandler(Work)
      class Slow {
        constructor(@Inject(EventBus) private readonly events: EventBus) {}
        async execute({ id }: Work) {
          await quiet();
          void this.events.publish(new Happened(id));
        }
      }
      @EventsHandler(Happened)
      class SlowListener {
        async handle({ id }: Happened) {
          await quiet();
          seen.push(`slow ${id}`);
        }
      }
      const { app, commands } = await start({ providers: [Slow, SlowListener] });
      void commands.execute(new Work(1));
      await app.close();
      expect(seen).toEqual(['slow 1']);
    });

    it('reports the failure of what still ran', async () => {
      @EventsHandler(Happened)
      class Fails {
        async handle() {
          await quiet();
          throw new Error('late');
        }
      }
      const { app, events, reported } = await start({ providers: [Fails] });
      void events.publish(new Happened(1));
      await app.close();
      expect(reported.map(({ exception }) => (exception as Error).message)).toEqual(['late']);
    });

    it('handles events that shutdown hooks publish to their end', async () => {
      @EventsHandler(Happened)
      class Slow {
        async handle({ id }: Happened) {
          seen.push(`begin ${id}`);
          await quiet();
          seen.push(`end ${id}`);
        }
      }
      @Injectable()
      class Leaving implements OnModuleDestroy {
        constructor(@Inject(EventBus) private readonly events: EventBus) {}
        onModuleDestroy() {
          void this.events.publish(new Happened(1));
        }
        beforeApplicationShutdown() {
          void this.events.publish(new Happened(2));
        }
      }
      const { app } = await start({ providers: [Slow, Leaving] });
      await app.close();
      expect(seen.toSorted()).toEqual(['begin 1', 'begin 2', 'end 1', 'end 2']);
    });

    it('lets delayed commands of sagas come', async () => {
      class Sagas {
        @Saga()
        later = (events$: Observable<any>) =>
          events$.pipe(
            delay(20),
            map(({ id }: Happened) => new Work(id)),
          );
      }
      const { app, events } = await start({ providers: [Sagas, Works] });
      await events.publish(new Happened(1));
      await app.close();
      expect(seen).toEqual(['work 1']);
    });
  });

  it('commands and events of constructors and hooks of the start are handled', async () => {
    @Injectable()
    class Early implements OnModuleInit, OnApplicationBootstrap {
      constructor(
        @Inject(CommandBus) private readonly commands: CommandBus,
        @Inject(EventBus) private readonly events: EventBus,
      ) {
        void events.publish(new Happened(1));
      }
      async onModuleInit() {
        await this.commands.execute(new Work(2));
        await this.events.publish(new Happened(3));
      }
      async onApplicationBootstrap() {
        await this.commands.execute(new Work(4));
      }
    }
    await start({ providers: [Early, Counts, Works] });
    expect(seen).toEqual([1, 'work 2', 3, 'work 4']);
  });
});
