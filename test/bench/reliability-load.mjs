// Loads under which nothing may be lost and everything must be counted. Each takes the library, so that the same code
// measures dist (reliability.mjs) and, with smaller numbers, tests lib (test/e2e/faults/load.spec.ts).
import { Logger } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { map } from 'rxjs';

/** One count that must be right: what was expected, and what was counted. */
const count = (what, expected, counted) => ({ what, expected, counted });

/**
 * @param cqrs the library
 * @param size how many events, and how many handlers
 */
export const loads = (cqrs, size) => [
  {
    name: `${size.events} events in flight at once, on one handler that waits`,
    run: async () => {
      const bus = new cqrs.EventBus();
      class Happened {}
      const gate = deferred();
      const counted = { begun: 0, ended: 0, settled: 0 };
      bus.register(Happened, async () => {
        counted.begun++;
        await gate.promise;
        counted.ended++;
      });
      const published = times(size.events, () => bus.publish(new Happened()).then(() => counted.settled++));
      const inFlight = counted.begun - counted.ended;
      gate.resolve();
      await Promise.all(published);
      return [
        count('in flight', size.events, inFlight),
        count('handled', size.events, counted.ended),
        count('publish() settled', size.events, counted.settled),
      ];
    },
  },
  {
    name: `${size.handlers} handlers of one event, ${size.events} runs of handlers`,
    run: async () => {
      const bus = new cqrs.EventBus();
      class Happened {}
      const counts = Array.from({ length: size.handlers }, () => 0);
      for (const i of counts.keys()) bus.register(Happened, async () => void (await (counts[i] += 1)));
      const published = size.events / size.handlers;
      await Promise.all(times(published, () => bus.publish(new Happened())));
      return [
        count('runs', size.events, sum(counts)),
        count('handlers that had every event', size.handlers, counts.filter(n => n === published).length),
      ];
    },
  },
  {
    name: `${size.handlers} handlers of as many events, ${size.events} events`,
    run: async () => {
      const bus = new cqrs.EventBus();
      const types = Array.from({ length: size.handlers }, () => class {});
      const counts = new Map(types.map(type => [type, 0]));
      for (const type of types) bus.register(type, () => void counts.set(type, counts.get(type) + 1));
      await bus.publishAll(times(size.events, i => new types[i % types.length]()));
      const each = size.events / size.handlers;
      return [
        count('handled', size.events, sum([...counts.values()])),
        count('handlers that had all of theirs', size.handlers, [...counts.values()].filter(n => n === each).length),
      ];
    },
  },
  {
    name: `a handler that never settles, beside one that does, and the end of the application`,
    run: async () => {
      class Happened {}
      const counted = { handled: 0, reported: 0 };
      const { app, events, failures } = await start(cqrs, { shutdown: { timeout: 50 } });
      failures.subscribe(({ exception }) => (counted.reported += exception instanceof cqrs.ShutdownTimeoutException));
      events.register(Happened, () => new Promise(() => undefined));
      events.register(Happened, async () => void (await (counted.handled += 1)));
      times(size.events, () => events.publish(new Happened()));
      await app.close();
      return [
        count('handled by the other', size.events, counted.handled),
        count('reported as left at the end', size.events, counted.reported),
      ];
    },
  },
  {
    name: `a handler that throws every second time, beside one that does not`,
    run: async () => {
      class Happened {}
      const counted = { runs: 0, handled: 0, reported: 0, collected: 0 };
      const { app, events, failures } = await start(cqrs);
      failures.subscribe(() => counted.reported++);
      events.register(Happened, async () => {
        if (counted.runs++ % 2 === 0) throw new Error('every second time');
      });
      events.register(Happened, () => void counted.handled++);
      const half = size.events / 2;
      await Promise.all(times(half, () => events.publish(new Happened())));
      const outcomes = await events.publishAll(
        times(half, () => new Happened()),
        { onError: 'collect' },
      );
      counted.collected = sum(outcomes.map(({ failures: failed }) => failed.length));
      await app.close();
      return [
        count('runs', size.events, counted.runs),
        count('handled by the other', size.events, counted.handled),
        count('failures reported', half / 2, counted.reported),
        count('failures told to who collects them', half / 2, counted.collected),
      ];
    },
  },
  {
    name: `${size.events} commands at once, every second of which fails`,
    run: async () => {
      const bus = new cqrs.CommandBus();
      class Work {
        constructor(i) {
          this.i = i;
        }
      }
      bus.register(Work, async ({ i }) => {
        await Promise.resolve();
        if (i % 2 === 0) throw new Error('every second');
        return i;
      });
      const settled = await Promise.allSettled(times(size.events, i => bus.execute(new Work(i))));
      return [
        count(
          'results',
          size.events / 2,
          settled.filter(({ status, value }, i) => status === 'fulfilled' && value === i).length,
        ),
        count('failures', size.events / 2, settled.filter(({ status }) => status === 'rejected').length),
      ];
    },
  },
  {
    name: `a saga that makes a command of each of ${size.events} events, and fails at every tenth`,
    run: async () => {
      class Happened {
        constructor(i) {
          this.i = i;
        }
      }
      class Work {}
      class Sagas {
        work(events$) {
          return events$.pipe(
            map(({ i }) => {
              if (i % 10 === 0) throw new Error('every tenth');
              return new Work();
            }),
          );
        }
      }
      cqrs.Saga()(Sagas.prototype, 'work', Object.getOwnPropertyDescriptor(Sagas.prototype, 'work'));
      const counted = { worked: 0, reported: 0 };
      const { app, events, commands, failures } = await start(cqrs, {}, [Sagas]);
      failures.subscribe(() => counted.reported++);
      commands.register(Work, async () => void (await (counted.worked += 1)));
      times(size.events, i => events.publish(new Happened(i)));
      await app.close();
      return [
        count('commands', size.events * 0.9, counted.worked),
        count('failures reported', size.events / 10, counted.reported),
      ];
    },
  },
];

async function start(cqrs, options = {}, providers = []) {
  class LoadModule {}
  const silent = () => undefined;
  const module = { module: LoadModule, imports: [cqrs.CqrsModule.forRoot(options)], providers };
  const app = await NestFactory.createApplicationContext(module, { logger: false });
  Logger.overrideLogger({ log: silent, error: silent, warn: silent });
  return {
    app,
    events: app.get(cqrs.EventBus),
    commands: app.get(cqrs.CommandBus),
    failures: app.get(cqrs.UnhandledExceptionBus),
  };
}

const times = (n, make) => Array.from({ length: n }, (_, i) => make(i));

const sum = numbers => numbers.reduce((total, n) => total + n, 0);

function deferred() {
  let resolve;
  const promise = new Promise(settle => (resolve = settle));
  return { promise, resolve };
}
