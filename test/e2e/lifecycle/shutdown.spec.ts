import { jest } from '@jest/globals';
import { ApplicationBuses } from '../../../lib/module/application-buses.js';
import { Injectable, Module, type ModuleMetadata, type Type } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import {
  BusClosedException,
  Command,
  CommandBus,
  CommandHandler,
  CqrsModule,
  Event,
  EventBus,
  EventsHandler,
  Query,
  QueryBus,
  ofType,
  QueryHandler,
  Saga,
  ShutdownTimeoutException,
  type StreamSagaFunction,
  UnhandledExceptionBus,
  type UnhandledExceptionInfo,
} from '../../../lib/index.js';
import { delay, map } from 'rxjs';
import { RecordedLog } from '../../support/application.js';
import { soon } from '../../support/waiting.js';

class Work extends Command<string> {}
class Start extends Command<string> {}
class Ask extends Query<string> {}
class Worked extends Event {
  constructor(readonly by = 'test') {
    super();
  }
}

/** Work that lasts until somebody says so. */
@Injectable()
class Worker {
  readonly lines: string[] = [];
  private readonly waiting: (() => void)[] = [];

  finish() {
    for (const resolve of this.waiting.splice(0)) resolve();
  }
  private lasting() {
    return new Promise<void>(resolve => this.waiting.push(resolve));
  }

  @CommandHandler(Work)
  async work() {
    this.lines.push('command begins');
    await this.lasting();
    this.lines.push('command ends');
    return 'done';
  }
  @QueryHandler(Ask)
  answer() {
    return 'answer';
  }
  @EventsHandler(Worked)
  async onWorked() {
    this.lines.push('event begins');
    await this.lasting();
    this.lines.push('event ends');
  }
}

const compile = async (options: Parameters<typeof CqrsModule.forRoot>[0], metadata: ModuleMetadata = {}) => {
  const log = new RecordedLog();
  const module = await Test.createTestingModule({
    imports: [CqrsModule.forRoot(options), ...(metadata.imports ?? [])],
    providers: [Worker, ...(metadata.providers ?? [])],
  })
    .setLogger(log)
    .compile();
  await module.init();
  const get = <T>(type: Type<T>): T => module.get(type, { strict: false });
  return {
    module,
    log,
    worker: get(Worker),
    commands: get(CommandBus as Type<CommandBus>),
    queries: get(QueryBus as Type<QueryBus>),
    events: get(EventBus as Type<EventBus>),
    failures: get(UnhandledExceptionBus as Type<UnhandledExceptionBus>),
  };
};

const boom = (): never => {
  throw new Error('logger');
};

const turns = async (n = 20) => {
  for (let i = 0; i < n; i++) await soon();
};

/** Closes, and says when that is done. */
const closing = (module: TestingModule) => {
  const state = { closed: false, promise: module.close().then(() => void (state.closed = true)) };
  return state;
};

describe('app.close()', () => {
  it('waits for command handlers that run', async () => {
    const { module, worker, commands } = await compile({});
    const result = commands.execute(new Work());
    const close = closing(module);
    await turns();
    expect(close.closed).toBe(false);
    worker.finish();
    await close.promise;
    expect(worker.lines).toEqual(['command begins', 'command ends']);
    expect(await result).toBe('done');
  });

  it('waits for event handlers that run, awaited or not', async () => {
    const { module, worker, events } = await compile({});
    void events.publish(new Worked());
    const close = closing(module);
    await turns();
    expect(close.closed).toBe(false);
    worker.finish();
    await close.promise;
    expect(worker.lines).toEqual(['event begins', 'event ends']);
  });

  it('waits for all events of a list that are handled in turn, before anything they need is closed', async () => {
    const lines: string[] = [];
    class Listed extends Event {
      constructor(readonly n: number) {
        super();
      }
    }
    @Injectable()
    class Lister {
      @EventsHandler(Listed)
      async handle({ n }: Listed) {
        await soon();
        lines.push(`event ${n}`);
      }
      onModuleDestroy() {
        lines.push('closed');
      }
    }
    const { module, events } = await compile({}, { providers: [Lister] });
    void events.publishAll([new Listed(1), new Listed(2), new Listed(3)], { mode: 'sequential' });
    await module.close();
    expect(lines).toEqual(['event 1', 'event 2', 'event 3', 'closed']);
  });

  it('waits for the publisher that carries events elsewhere, before its broker is closed', async () => {
    const lines: string[] = [];
    const eventPublisher = {
      publish: async () => {
        await new Promise(resolve => setTimeout(resolve, 10));
        lines.push('sent');
      },
    };
    class Broker {
      onModuleDestroy() {
        lines.push('closed');
      }
    }
    const { module, events } = await compile({ eventPublisher }, { providers: [Broker] });
    void events.publish(new Work());
    await module.close();
    expect(lines).toEqual(['sent', 'closed']);
  });

  it('waits for messages that awaited work sends', async () => {
    @CommandHandler(Start)
    class Chain {
      constructor(
        readonly commands: CommandBus,
        readonly worker: Worker,
      ) {}
      async execute() {
        await this.commands.execute(new Work());
        void this.commands.execute(new Work());
        return 'chained';
      }
    }
    const { module, worker, commands } = await compile({}, { providers: [Chain] });
    void commands.execute(new Start());
    const close = closing(module);
    await turns();
    worker.finish();
    await turns();
    expect(close.closed).toBe(false);
    worker.finish();
    await close.promise;
    expect(worker.lines).toEqual(['command begins', 'command ends', 'command begins', 'command ends']);
  });

  it('lets what fails meanwhile reach its caller and the exception bus, and closes all the same', async () => {
    class Failing {
      @EventsHandler(Worked)
      async fail() {
        await turns(3);
        throw new Error('late failure');
      }
    }
    const { module, worker, events, failures } = await compile({}, { providers: [Failing] });
    const seen: unknown[] = [];
    failures.subscribe(({ exception }) => seen.push((exception as Error).message));
    void events.publish(new Worked());
    const close = closing(module);
    await turns();
    worker.finish();
    await close.promise;
    expect(seen).toEqual(['late failure']);
  });

  it('gives up after shutdown.timeout, and reports what is left to the log and the exception bus', async () => {
    const { module, commands, events, failures, log } = await compile({ shutdown: { timeout: 20 } });
    const reports: unknown[] = [];
    failures.subscribe(({ exception, handler, module: name }) =>
      reports.push([(exception as object).constructor, handler, name]),
    );
    void commands.execute(new Work());
    void events.publish(new Worked());
    await module.close();
    expect(reports).toEqual(
      expect.arrayContaining([
        [ShutdownTimeoutException, 'Worker.work', 'RootTestModule'],
        [ShutdownTimeoutException, 'Worker.onWorked', 'RootTestModule'],
      ]),
    );
    expect(reports).toHaveLength(2);
    expect(log.errors.filter(text => text.includes('Worker.work'))).toHaveLength(1);
    expect(log.warnings).toContainEqual(expect.stringContaining('2 dispatches'));
  });

  it.each<[string, StreamSagaFunction]>([
    [
      'a stream behind delay()',
      events$ =>
        events$.pipe(
          ofType(Worked),
          delay(60_000),
          map(() => new Work()),
        ),
    ],
    [
      'a generator that does not end',
      async function* (events$) {
        for await (const event of events$) if (event instanceof Worked) yield await new Promise<Work>(() => {});
      },
    ],
  ])('names the saga that holds back what it was given: %s', async (_what, saga) => {
    @Injectable()
    class Sagas {
      @Saga()
      holding = saga;
    }
    const { module, worker, events, failures, log } = await compile(
      { shutdown: { timeout: 20 } },
      { providers: [Sagas] },
    );
    const reports: UnhandledExceptionInfo<unknown>[] = [];
    failures.subscribe(info => reports.push(info));
    const published = events.publish(new Worked());
    await turns();
    worker.finish();
    await published;
    await module.close();
    const held = reports.filter(({ handler }) => handler === 'Sagas.holding');
    expect(held.map(({ exception, cause }) => [exception.constructor, cause])).toEqual([
      [ShutdownTimeoutException, 'Sagas.holding'],
    ]);
    expect((held[0]!.exception as Error).message).toMatch(/^A saga still held back .* Where: Sagas\.holding\. /);
    expect(log.warnings).toContain('Closed while sagas still held back what they were given: 1.');
    expect(log.errors.join()).not.toContain('EventStream');
  });

  it('waits no longer where several modules import CqrsModule than where one does', async () => {
    const waits: number[] = [];
    for (const imports of [[], [CqrsModule, { module: CqrsModule, providers: [] }]]) {
      const { module, commands } = await compile({ shutdown: { timeout: 400 } }, { imports });
      void commands.dispatch(new Work());
      const { runningWork } = module.get(ApplicationBuses, { strict: false });
      const drain = jest.spyOn(runningWork, 'drain');
      await module.close();
      waits.push(drain.mock.calls.length);
    }
    expect(waits).toEqual([3, 3]);
  });

  it('closes its buses although the logger of the application throws or rejects', async () => {
    for (const broken of [() => boom(), () => Promise.reject(new Error('logger'))]) {
      const { module, commands } = await compile({ shutdown: { timeout: 5 } });
      void commands.dispatch(new Work());
      module.useLogger({ log: () => undefined, error: broken, warn: broken });
      await module.close();
      await expect(commands.dispatch(new Work())).rejects.toBeInstanceOf(BusClosedException);
    }
  });

  it('with a timeout of 0 waits for nothing', async () => {
    const { module, commands, failures } = await compile({ shutdown: { timeout: 0 } });
    const reports: unknown[] = [];
    failures.subscribe(({ exception }) => reports.push((exception as object).constructor));
    void commands.execute(new Work());
    await module.close();
    expect(reports).toEqual([ShutdownTimeoutException]);
  });

  it('refuses later dispatches on every bus with BusClosedException', async () => {
    const { module, commands, queries, events } = await compile({});
    await module.close();
    await expect(commands.execute(new Work())).rejects.toBeInstanceOf(BusClosedException);
    await expect(commands.dispatch(new Work())).rejects.toBeInstanceOf(BusClosedException);
    await expect(queries.ask(new Ask())).rejects.toBeInstanceOf(BusClosedException);
    await expect(events.publish(new Worked())).rejects.toBeInstanceOf(BusClosedException);
    await expect(events.publishAll([new Worked()])).rejects.toBeInstanceOf(BusClosedException);
  });

  it('refuses later dispatches of a type that was sent before', async () => {
    const { module, queries } = await compile({});
    await queries.ask(new Ask());
    await module.close();
    await expect(queries.ask(new Ask())).rejects.toBeInstanceOf(BusClosedException);
  });

  it('completes all buses as observables', async () => {
    const { module, commands, queries, events, failures } = await compile({});
    const completed: string[] = [];
    commands.subscribe({ complete: () => completed.push('commands') });
    queries.subscribe({ complete: () => completed.push('queries') });
    events.subscribe({ complete: () => completed.push('events') });
    failures.subscribe({ complete: () => completed.push('failures') });
    await module.close();
    expect(completed).toEqual(['commands', 'queries', 'events', 'failures']);
  });

  it('may be called twice, one after another and at once', async () => {
    const { module, worker, commands, events } = await compile({});
    let completed = 0;
    events.subscribe({ complete: () => (completed += 1) });
    void commands.execute(new Work());
    const [one, other] = [closing(module), closing(module)];
    await turns();
    worker.finish();
    await Promise.all([one.promise, other.promise]);
    await module.close();
    expect(completed).toBe(1);
  });

  it('may be called while init() runs', async () => {
    let release: () => void = () => undefined;
    @Module({})
    class SlowModule {
      onModuleInit() {
        return new Promise<void>(resolve => (release = resolve));
      }
    }
    const module = await Test.createTestingModule({ imports: [CqrsModule.forRoot(), SlowModule], providers: [Worker] })
      .setLogger(new RecordedLog())
      .compile();
    const init = module.init();
    await turns();
    const close = closing(module);
    release();
    await Promise.allSettled([init, close.promise]);
    expect(close.closed).toBe(true);
    await expect(module.get(CommandBus).execute(new Work())).rejects.toBeInstanceOf(BusClosedException);
  });

  it('may be called without init()', async () => {
    const module = await Test.createTestingModule({ imports: [CqrsModule.forRoot()], providers: [Worker] }).compile();
    await module.close();
    await expect(module.get(CommandBus).execute(new Work())).rejects.toBeInstanceOf(BusClosedException);
  });
});
