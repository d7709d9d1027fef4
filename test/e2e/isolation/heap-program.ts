// node --expose-gc. What stays in memory after its work is done, at two sizes; prints JSON.
import 'reflect-metadata';
import { setTimeout as delay } from 'node:timers/promises';
import { getEventListeners } from 'node:events';
import { Injectable, Logger } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  CommandBus,
  CommandHandler,
  CqrsModule,
  EventBus,
  HandlerRegistry,
  header,
  ofType,
  Query,
  QueryBus,
  Saga,
  StreamQuery,
  type CqrsModuleOptions,
  type MessageContext,
} from 'nestjs-cqrs';
import { map, Subject, type Observable } from 'rxjs';

Logger.overrideLogger(false);

/** A body of about 8 KiB that shares nothing with another. */
const body = (): string[] => Array.from({ length: 128 }, () => Math.random().toString(36).repeat(4));
const BODY = 8 * 1024;

async function heap(): Promise<number> {
  // What is struck off when an object is found to be garbage goes with the next collection.
  for (let i = 0; i < 8; i++) {
    globalThis.gc!();
    await delay(15);
  }
  return process.memoryUsage().heapUsed;
}

async function until(isDone: () => boolean): Promise<void> {
  for (let i = 0; i < 4_000 && !isDone(); i++) await delay(5);
}

class Paid {
  constructor(readonly body: string[]) {}
}
class Ship {
  constructor(readonly body: string[]) {}
}
class Next {
  constructor(readonly left: number) {}
}
class Done {
  constructor(readonly left: number) {}
}

let shipped = 0;
@Injectable()
class Sagas {
  @Saga(Paid)
  one(event: Paid) {
    return new Ship(event.body);
  }
  @Saga()
  async *generator(events: AsyncIterable<object>) {
    for await (const event of events) if (event instanceof Paid) yield new Ship(event.body);
  }
  @Saga()
  operators(events$: Observable<object>) {
    return events$.pipe(
      ofType(Paid),
      map(event => new Ship(event.body)),
    );
  }
  @CommandHandler(Ship)
  async ship() {
    await delay(1);
    shipped += 1;
  }
}

let ended = (): void => undefined;
@Injectable()
class Chain {
  constructor(private readonly events: EventBus) {}
  @CommandHandler(Next)
  async next({ left }: Next, context: MessageContext) {
    await new Promise(resolve => setImmediate(resolve));
    if (context.correlationId !== 'chain') throw new Error('another correlation');
    await this.events.publish(new Done(left), { context });
  }
  @Saga(Done)
  again({ left }: Done) {
    if (left > 0) return new Next(left - 1);
    ended();
    return undefined;
  }
}

const start = (options: CqrsModuleOptions, providers: unknown[]) => {
  class HeapModule {}
  return NestFactory.createApplicationContext(
    { module: HeapModule, imports: [CqrsModule.forRoot(options)], providers: providers as never },
    { logger: false },
  );
};

const sagas = (options: CqrsModuleOptions) => async (n: number) => {
  const app = await start(options, [Sagas]);
  const events = app.get(EventBus);
  return async () => {
    shipped = 0;
    for (let i = 0; i < n; i++) void events.publish(new Paid(body()));
    await until(() => shipped === 3 * n);
    return app;
  };
};

const chain = (options: CqrsModuleOptions) => async (n: number) => {
  const app = await start(options, [Chain]);
  return async () => {
    const end = new Promise<void>(resolve => (ended = resolve));
    await app.get(CommandBus).dispatch(new Next(n), { correlationId: 'chain' });
    await end;
    return app;
  };
};

/** What is done at a size; what it returns is kept while the heap is looked at. */
const cases: Record<
  string,
  readonly [size: number, each: number, prepare: (n: number) => Promise<() => Promise<unknown>>]
> = {
  'commands of sagas': [400, 3 * BODY, sagas({})],
  'commands of sagas that wait': [400, 3 * BODY, sagas({ sagas: { concurrency: 8 } })],
  'commands of sagas that propagate': [400, 3 * BODY, sagas({ propagateContext: true })],
  'a chain that goes on and on': [4_000, 400, chain({})],
  'a chain that goes on and on, and propagates': [4_000, 400, chain({ propagateContext: true })],
  'contexts handed on': [
    20_000,
    200,
    async n => async () => {
      const bus = new CommandBus();
      class Step {}
      let latest: MessageContext | undefined;
      bus.register(Step, (_step, context) => void (latest = context));
      for (let i = 0; i < n; i++) await bus.execute(new Step(), { headers: { i }, ...(latest && { context: latest }) });
      return latest;
    },
  ],
  'results of execute': [
    800,
    BODY,
    async n => {
      const app = await start({}, []);
      const bus = app.get(CommandBus);
      class Read {}
      bus.register(Read, async () => body());
      return async () => {
        for (let i = 0; i < n; i++) await bus.execute(new Read());
        return app;
      };
    },
  ],
  'buses on a shared registry': [
    4_000,
    1_000,
    async n => {
      const registry = new HandlerRegistry();
      return async () => {
        for (let i = 0; i < n; i++) void new CommandBus({ registry });
        return registry;
      };
    },
  ],
  'keys of headers': [
    100_000,
    44,
    async n => async () => void Array.from({ length: n }, () => header('h', { travels: false })),
  ],
  'classes of messages': [
    6_000,
    1_700,
    async n => {
      const app = await start({ strict: true }, []);
      const bus = app.get(CommandBus);
      return async () => {
        for (let i = 0; i < n; i++) {
          class Once {}
          const forget = bus.register(Once, () => 'dropped');
          await bus.dispatch(new Once());
          forget();
        }
        return app;
      };
    },
  ],
  'a signal that lives on': [
    20_000,
    200,
    async n => {
      const { signal } = new AbortController();
      const bus = new CommandBus();
      class Wait {}
      bus.register(Wait, (_wait, context) => void context.signal.aborted);
      return async () => {
        for (let i = 0; i < n; i++) await bus.execute(new Wait(), { signal, timeout: 5_000 });
        if (getEventListeners(signal, 'abort').length > 1) throw new Error('more than one listener');
        return signal;
      };
    },
  ],
};

const found: Record<string, number> = {};
for (const [name, [size, each, prepare]] of Object.entries(cases)) {
  // Once before, so that the tables of the process have their size.
  await (
    await prepare(size)
  )();
  const run = await prepare(size);
  const before = await heap();
  const kept = [await run()];
  // The part of what has gone through that is still there.
  found[name] = ((await heap()) - before) / (size * each);
  kept.pop();
}

/** A reader that goes without a word: the source must not stay subscribed. */
class Rows extends StreamQuery<number> {}
class Other extends Query<number> {}
const hot = new Subject<number>();
const queries = new QueryBus();
queries.register(Rows, () => hot);
queries.register(Other, () => 1);
async function readOne(): Promise<void> {
  const rows = queries.stream(new Rows());
  const first = rows.next();
  await delay(1);
  hot.next(1);
  await first;
}
for (let i = 0; i < 20; i++) await readOne();
for (let i = 0; i < 20 && hot.observed; i++) await heap();
console.log(JSON.stringify({ found, isObserved: hot.observed }));
process.exit(0);
