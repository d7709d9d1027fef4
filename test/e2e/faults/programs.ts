import { Logger, type Provider } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { delay, map, mergeMap, share, Subject, throwError, type Observable } from 'rxjs';
import {
  AggregateRoot,
  CommandBus,
  CommandHandler,
  CqrsModule,
  EventBus,
  EventPublisher,
  EventsHandler,
  QueryBus,
  QueryHandler,
  Saga,
  UnhandledExceptionBus,
  type CqrsModuleOptions,
} from 'nestjs-cqrs';

/**
 * Small applications, each run in a process of its own: what must not end that process happens in it, and then it
 * writes down what still works. They await nothing whose failure they do not handle themselves, as users do.
 */

class Happened {
  constructor(readonly id: number) {}
}
class Work {
  constructor(readonly id: number) {}
}
class Ask {}

const seen: unknown[] = [];

@EventsHandler(Happened)
class Counts {
  handle({ id }: Happened) {
    seen.push(`handled ${id}`);
  }
}

@CommandHandler(Work)
class Works {
  execute({ id }: Work) {
    seen.push(`worked ${id}`);
    return Promise.resolve();
  }
}

@QueryHandler(Ask)
class Answers {
  execute() {
    return Promise.resolve('answer');
  }
}

const failsWith = (text: string): never => {
  throw new Error(text);
};

async function start(providers: Provider[] = [], options?: CqrsModuleOptions) {
  class ProgramModule {}
  const app = await NestFactory.createApplicationContext(
    {
      module: ProgramModule,
      imports: [CqrsModule.forRoot(options)],
      providers: [Counts, Works, Answers, ...providers],
    },
    { logger: false, abortOnError: false },
  );
  return {
    app,
    events: app.get(EventBus),
    commands: app.get(CommandBus),
    queries: app.get(QueryBus),
    failures: app.get(UnhandledExceptionBus),
    publisher: app.get(EventPublisher),
  };
}

/** Long enough for timers and rejections that nobody handles to end the process. */
const later = () => new Promise(resolve => setTimeout(resolve, 20));

const programs: Record<string, () => Promise<void>> = {
  async 'publishes what is no event'() {
    const { events } = await start();
    for (const value of [undefined, null, Object.create(null), 42, 'text', Happened]) {
      void events.publish(value as never);
      await later();
    }
    void events.publishAll([new Happened(1), undefined, new Happened(2)] as never);
    await later();
    void events.publish(new Happened(3));
  },

  async 'puts what is no event into subject$'() {
    const { events } = await start();
    for (const value of [undefined, null, Object.create(null)]) events.subject$.next(value as never);
    await later();
    events.subject$.next(new Happened(1));
  },

  async 'has a source that completes and one that fails'() {
    const { events } = await start();
    events.subscribe(event => seen.push(`seen ${(event as Happened).id}`));
    const [source, other] = [new Subject<object>(), new Subject<object>()];
    source.subscribe(events.subject$);
    other.subscribe(events.subject$);
    source.next(new Happened(1));
    source.complete();
    other.error(new Error('connection lost'));
    await later();
    void events.publish(new Happened(2));
  },

  async 'commits to a publisher that rejects'() {
    class Order extends AggregateRoot {}
    const { publisher, events } = await start([], {
      eventPublisher: { publish: () => Promise.reject(new Error('no broker')) },
    });
    const order = publisher.mergeObjectContext(new Order());
    order.apply(new Happened(1));
    void order.commit();
    order.autoCommit = true;
    order.apply(new Happened(2));
    void events.publishAll([new Happened(3)]);
    await later();
    seen.push('survived');
  },

  async 'has publishers that reject and throw'() {
    const { commands, queries } = await start([], {
      commandPublisher: { publish: () => Promise.reject(new Error('no broker')) },
      queryPublisher: { publish: () => Promise.reject(new Error('no broker')) },
    });
    await commands.execute(new Work(1));
    seen.push(await queries.execute(new Ask()));
    commands.publisher = { publish: () => failsWith('no broker') };
    queries.publisher = { publish: () => failsWith('no broker') };
    await later();
    await commands.execute(new Work(2));
    seen.push(await queries.execute(new Ask()));
  },

  async 'rethrows unhandled exceptions'() {
    @EventsHandler(Happened)
    class Fails {
      handle({ id }: Happened) {
        seen.push(`failing ${id}`);
        failsWith('broken');
      }
    }
    @CommandHandler(Ask)
    class FailingCommand {
      execute() {
        return Promise.reject(new Error('broken command'));
      }
    }
    class Sagas {
      @Saga()
      broken = (events$: Observable<object>) => events$.pipe(map(() => new Ask()));
      @Saga()
      stream = (events$: Observable<object>) => events$.pipe(mergeMap(() => throwError(() => new Error('stream'))));
    }
    const { events } = await start([Fails, FailingCommand, Sagas], { rethrowUnhandled: true });
    void events.publish(new Happened(1));
    await later();
    void events.publish(new Happened(2));
    await later();
    await events.publish(new Happened(3)).catch((error: Error) => seen.push(`caller is told: ${error.message}`));
    events.subject$.next(new Happened(4));
  },

  async 'has publishers of failures that throw and reject'() {
    @EventsHandler(Happened)
    class Fails {
      handle({ id }: Happened) {
        seen.push(`failing ${id}`);
        failsWith('broken');
      }
    }
    const { events, failures } = await start([Fails], {
      unhandledExceptionPublisher: { publish: () => failsWith('the reporter is broken too') },
    });
    void events.publish(new Happened(1));
    await later();
    failures.publisher = { publish: () => Promise.reject(new Error('the reporter is broken too')) };
    void events.publish(new Happened(2));
    await later();
    void events.publish(new Happened(3));
  },

  async 'has subscribers that throw'() {
    const { events, commands, queries, failures } = await start();
    for (const bus of [events, commands, queries, failures]) {
      (bus as EventBus).subscribe(() => failsWith('subscriber'));
      (bus as EventBus).pipe(map(() => failsWith('operator'))).subscribe();
      (bus as EventBus).subscribe(() => Promise.reject(new Error('async subscriber')));
      (bus as EventBus).subject$.asObservable().subscribe(() => failsWith('subscriber of the subject'));
      (bus as EventBus).pipe(share(), delay(1)).subscribe(() => failsWith('late subscriber'));
    }
    void events.publish(new Happened(1));
    await later();
    await commands.execute(new Work(2));
    seen.push(await queries.execute(new Ask()));
    void failures.publish({ exception: new Error('x'), cause: new Happened(3) });
    await later();
    void events.publish(new Happened(4));
  },

  async 'has a saga that throws in every way'() {
    class Sagas {
      @Saga()
      stream = (events$: Observable<any>) =>
        events$.pipe(map(({ id }: Happened) => (id < 3 ? failsWith('stream') : new Work(id))));
      @Saga()
      rejects = (events$: Observable<any>) =>
        events$.pipe(mergeMap(({ id }: Happened) => (id < 3 ? Promise.reject(new Error('x')) : [new Work(id * 10)])));
      @Saga()
      noCommand = (events$: Observable<any>) =>
        events$.pipe(map(({ id }: Happened) => (id < 3 ? (42 as never) : null)));
    }
    const { events } = await start([Sagas]);
    for (const id of [1, 2, 3]) {
      void events.publish(new Happened(id));
      await later();
    }
  },

  async 'has handlers that reject with anything'() {
    const thrown = [undefined, null, 0, 'text', Object.create(null), { toString: () => failsWith('unprintable') }];
    @EventsHandler(Happened)
    class Rejects {
      handle({ id }: Happened) {
        return Promise.reject(thrown[id] as Error);
      }
    }
    const { events, failures } = await start([Rejects]);
    let reported = 0;
    failures.subscribe(() => reported++);
    for (const id of thrown.keys()) void events.publish(new Happened(id));
    await later();
    seen.push(`reported ${reported}`);
  },

  async 'has a logger that throws'() {
    @EventsHandler(Happened)
    class Fails {
      handle() {
        failsWith('broken');
      }
    }
    const { events } = await start([Fails]);
    const loud = () => failsWith('disk full');
    Logger.overrideLogger({ log: loud, error: loud, warn: loud, debug: loud });
    void events.publish(new Happened(1));
    events.subscribe(() => failsWith('subscriber'));
    await later();
    void events.publish(new Happened(2));
  },

  async 'has handlers that return a strange thenable'() {
    @EventsHandler(Happened)
    class Strange {
      handle({ id }: Happened): unknown {
        const broken = { then: () => failsWith('then throws') };
        const double = {
          then: (resolve: () => void, reject: (error: Error) => void) => (resolve(), reject(new Error('twice'))),
        };
        return id === 1 ? broken : double;
      }
    }
    const { events } = await start([Strange]);
    void events.publish(new Happened(1));
    void events.publish(new Happened(2));
    await later();
  },

  async 'publishes after the end'() {
    const { app, events, commands } = await start();
    await app.close();
    void events.publish(new Happened(1));
    void events.publishAll([new Happened(2)]);
    events.subject$.next(new Happened(3));
    await commands.execute(new Work(4)).catch((error: Error) => seen.push(error.constructor.name));
    await later();
    seen.push('survived');
  },
};

await programs[process.argv[2]!]!();
await later();
console.log(JSON.stringify(seen));
process.exit();
