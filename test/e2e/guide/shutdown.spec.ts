import {
  type BeforeApplicationShutdown,
  Injectable,
  Module,
  type OnApplicationShutdown,
  type OnModuleDestroy,
} from '@nestjs/common';
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
  QueryHandler,
  Saga,
  ShutdownTimeoutException,
  UnhandledExceptionBus,
  type UnhandledExceptionInfo,
} from 'nestjs-cqrs';
import { start } from '../../support/application.js';

class Work extends Command<string> {
  constructor(readonly name = 'work') {
    super();
  }
}
class Worked extends Event {
  constructor(readonly name = 'worked') {
    super();
  }
}
class Ask extends Query<string> {}

const log: string[] = [];
let release: () => void;
let released: Promise<void>;
beforeEach(() => {
  log.splice(0);
  released = new Promise(resolve => (release = resolve));
});

/** Lets whatever is ready run. */
const settle = () => new Promise(resolve => setImmediate(resolve));

class Handlers {
  @CommandHandler(Work)
  async work({ name }: Work) {
    await released;
    log.push(name);
    return name;
  }

  @EventsHandler(Worked)
  async worked({ name }: Worked) {
    await released;
    log.push(name);
  }

  @QueryHandler(Ask)
  async ask() {
    await released;
    return 'answer';
  }
}

const run = (shutdown?: { timeout: number }) =>
  start({ imports: [CqrsModule.forRoot({ ...(shutdown && { shutdown }) })], providers: [Handlers] });

/** Closes an application; `closed` says whether that has ended. */
const close = (app: { close(): Promise<void> }) => {
  const closing = { ended: false, promise: Promise.resolve() };
  closing.promise = app.close().then(() => void (closing.ended = true));
  return closing;
};

describe('docs/shutdown.md: what is awaited', () => {
  it('event handlers, of any publisher, awaited or not', async () => {
    const { app, events } = await run();
    void events.publish(new Worked());
    const closing = close(app);
    await settle();
    expect(closing.ended).toBe(false);
    release();
    await closing.promise;
    expect(log).toEqual(['worked']);
  });

  it('commands that were dispatched or executed', async () => {
    const { app, commands } = await run();
    const dispatched = commands.dispatch(new Work('dispatched'));
    const executed = commands.execute(new Work('executed'));
    const closing = close(app);
    await settle();
    expect(closing.ended).toBe(false);
    release();
    await closing.promise;
    expect(log).toEqual(['dispatched', 'executed']);
    await expect(Promise.all([dispatched, executed])).resolves.toEqual([undefined, 'executed']);
  });

  it('every command that was dispatched, however many came since', async () => {
    const { app, commands } = await run();
    const first = commands.dispatch(new Work('first'));
    commands.register(Worked, () => undefined);
    for (let i = 0; i < 2_000; i++) void commands.dispatch(new Worked());
    const closing = close(app);
    await settle();
    expect(closing.ended).toBe(false);
    release();
    await closing.promise;
    expect(log).toEqual(['first']);
    await first;
  });

  it('of commands that were executed the latest 1,024', async () => {
    const { app, commands } = await run({ timeout: 60_000 });
    const first = commands.execute(new Work('first'));
    commands.register(Worked, () => undefined);
    for (let i = 0; i < 1_024; i++) void commands.execute(new Worked());
    const closing = close(app);
    await closing.promise;
    expect(log).toEqual([]);
    release();
    await first;
  });

  it('not queries: they change nothing, and the caller holds the promise', async () => {
    const { app, queries } = await run();
    const answer = queries.ask(new Ask());
    await app.close();
    release();
    expect(await answer).toBe('answer');
  });

  it('the messages that these cause in turn: the commands of sagas, the events of handlers', async () => {
    @Injectable()
    class Chain {
      constructor(private readonly bus: EventBus) {}
      @Saga(Worked)
      next({ name }: Worked) {
        return name === 'first' ? new Work('second') : undefined;
      }
      @CommandHandler(Work)
      async work({ name }: Work) {
        await released;
        log.push(name);
        void this.bus.publish(new Worked('third'));
        return name;
      }
      @EventsHandler(Worked)
      async worked({ name }: Worked) {
        await released;
        await settle();
        log.push(name);
      }
    }
    const { app, events } = await start({ imports: [CqrsModule.forRoot()], providers: [Chain] });
    void events.publish(new Worked('first'));
    const closing = close(app);
    release();
    await closing.promise;
    expect(log.toSorted()).toEqual(['first', 'second', 'third']);
  });
});

describe('docs/shutdown.md: phases', () => {
  it('messages pass in onModuleDestroy, beforeApplicationShutdown and onApplicationShutdown, and are awaited', async () => {
    // #region hooks
    @Injectable()
    class Goodbye implements OnModuleDestroy, OnApplicationShutdown {
      constructor(
        private readonly commands: CommandBus,
        private readonly events: EventBus,
      ) {}

      async onModuleDestroy() {
        await this.commands.dispatch(new Work('closing the books'));
      }

      onApplicationShutdown() {
        void this.events.publish(new Worked('closed'));
      }
    }
    // #endregion
    const { app } = await start({ imports: [CqrsModule.forRoot()], providers: [Handlers, Goodbye] });
    release();
    await app.close();
    expect(log).toEqual(['closing the books', 'closed']);
  });

  it.each(['before', 'after', 'root'])('running work finds a database open (%s)', async where => {
    let isOpen = true;
    @Module({})
    class DatabaseModule implements OnModuleDestroy {
      onModuleDestroy() {
        isOpen = false;
      }
    }
    const cqrs = CqrsModule.forRoot();
    @Module({
      imports: { before: [DatabaseModule, cqrs], after: [cqrs, DatabaseModule], root: [cqrs] }[where]!,
      providers: where === 'root' ? [DatabaseModule] : [],
    })
    class RootModule {}
    const { app, commands } = await start({ imports: [RootModule] });
    commands.register(Work, async () => {
      await released;
      await settle();
      log.push(isOpen ? 'database open' : 'database closed');
      return 'done';
    });
    void commands.execute(new Work());
    const closing = close(app);
    release();
    await closing.promise;
    expect(log).toEqual(['database open']);
  });

  it('afterwards messages are refused, and the buses have completed', async () => {
    const { app, commands, queries, events } = await run();
    for (const [name, bus] of Object.entries({ commands, queries, events, failed: app.get(UnhandledExceptionBus) }))
      bus.subscribe({ complete: () => log.push(name) });
    await app.close();
    expect(log.toSorted()).toEqual(['commands', 'events', 'failed', 'queries']);
    await expect(commands.dispatch(new Work())).rejects.toThrow(BusClosedException);
    await expect(queries.ask(new Ask())).rejects.toThrow(BusClosedException);
    await expect(events.publish(new Worked())).rejects.toThrow(BusClosedException);
  });

  it('closing twice is closing once', async () => {
    const { app } = await run();
    await Promise.all([app.close(), app.close()]);
    await app.close();
    expect(log).toEqual([]);
  });
});

describe('docs/shutdown.md: the timeout', () => {
  it('work that still runs then is reported, each by message and handler, and the application closes', async () => {
    // #region timeout
    const imports = [CqrsModule.forRoot({ shutdown: { timeout: 50 } })];
    // #endregion
    const { app, events, commands, log: lines } = await start({ imports, providers: [Handlers] });
    const failures: UnhandledExceptionInfo<unknown>[] = [];
    app.get(UnhandledExceptionBus).subscribe(info => failures.push(info));
    void events.publish(new Worked());
    const late = commands.execute(new Work());

    await app.close();

    expect(failures.map(({ exception, cause, handler }) => [exception.constructor, cause, handler])).toEqual([
      [ShutdownTimeoutException, 'Worked', 'Handlers.worked'],
      [ShutdownTimeoutException, 'Work', 'Handlers.work'],
    ]);
    expect(lines.warnings).toContain('Closed while 2 dispatches were still running.');
    release();
    expect(await late).toBe('work');
  });

  it('under constant load time is left for what came in last', async () => {
    let isServing = true;
    let accepted = 0;
    let handled = 0;
    @Injectable()
    class Server implements BeforeApplicationShutdown {
      constructor(private readonly bus: EventBus) {}
      async serve() {
        for (;;) {
          if (!isServing) return;
          accepted += 1;
          void this.bus.publish(new Worked());
          await new Promise(resolve => setTimeout(resolve, 1));
        }
      }
      beforeApplicationShutdown() {
        isServing = false;
      }
      @EventsHandler(Worked)
      async worked() {
        await new Promise(resolve => setTimeout(resolve, 20));
        handled += 1;
      }
    }
    const { app, log: lines } = await start({
      imports: [CqrsModule.forRoot({ shutdown: { timeout: 1_000 } })],
      providers: [Server],
    });
    void app.get(Server).serve();

    await app.close();

    expect(handled).toBe(accepted);
    expect(lines.errors).toEqual([]);
  });

  it('with a timeout of 0 nothing is awaited', async () => {
    const { app, events } = await run({ timeout: 0 });
    void events.publish(new Worked());
    await app.close();
    expect(log).toEqual([]);
    release();
  });

  it('an idle application closes at once, with any timeout', async () => {
    const { app } = await run({ timeout: 1_000_000 });
    await app.close();
    expect(log).toEqual([]);
  });
});
