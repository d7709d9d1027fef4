import { Logger, Scope } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { InstanceWrapper } from '@nestjs/core/injector/instance-wrapper.js';
import { Test } from '@nestjs/testing';
import { jest } from '@jest/globals';
import { bufferCount, debounceTime, map, merge, scan, type Observable } from 'rxjs';
import { quiet, sameAsIncumbent, until, type Cqrs } from './differential.js';

describe('Put together by hand, as with @nestjs/cqrs:', () => {
  class Work {
    constructor(readonly id: number) {}
  }
  class Worked {
    constructor(readonly id: number) {}
  }

  const moduleRefOf = async () => (await Test.createTestingModule({}).compile()).get(ModuleRef);

  beforeEach(() => Logger.overrideLogger(false));

  const busesOf = async (cqrs: Cqrs) => {
    const moduleRef = (await moduleRefOf()) as never;
    const failures = new cqrs.UnhandledExceptionBus();
    const commands = new cqrs.CommandBus(moduleRef);
    const queries = new cqrs.QueryBus(moduleRef);
    const events = new cqrs.EventBus(commands, moduleRef, failures);
    return { failures, commands, queries, events };
  };

  const wrapperOf = (metatype: new () => object) =>
    new InstanceWrapper({ name: metatype.name, metatype, instance: new metatype(), isResolved: true }) as never;

  sameAsIncumbent('buses can be constructed, and take wrappers that were made by hand', async ({ cqrs, note }) => {
    const { commands, queries, events, failures } = await busesOf(cqrs);
    @cqrs.CommandHandler(Work)
    class Works {
      execute({ id }: Work) {
        return Promise.resolve(`work ${id}`);
      }
    }
    @cqrs.QueryHandler(Work)
    class Answers {
      execute({ id }: Work) {
        return Promise.resolve(`answer ${id}`);
      }
    }
    @cqrs.EventsHandler(Worked)
    class Listens {
      handle({ id }: Worked) {
        note(`event ${id}`);
        if (id === 2) throw new Error('broken');
      }
    }
    commands.register([wrapperOf(Works)]);
    queries.register([wrapperOf(Answers)]);
    events.register([wrapperOf(Listens)]);
    failures.subscribe(({ exception, cause }) => note((exception as Error).message, cause));
    note(await commands.execute(new Work(1)), await queries.execute(new Work(1)));
    await events.publish(new Worked(1));
    await events.publish(new Worked(2));
    await quiet();
  });

  sameAsIncumbent('what is no decorated handler is refused or ignored', async ({ cqrs, note, outcome }) => {
    const { commands } = await busesOf(cqrs);
    class Plain {
      execute() {
        return Promise.resolve();
      }
    }
    const result = (await outcome(() => commands.register([wrapperOf(Plain)]))) as object;
    note(await outcome(async () => commands.execute(new Work(1))), typeof result);
  });

  sameAsIncumbent('a publisher can be constructed on any bus', async ({ cqrs, note }) => {
    const bus = { publish: jest.fn(), publishAll: jest.fn() };
    const publisher = new cqrs.EventPublisher(bus as never);
    class Job extends cqrs.AggregateRoot {}
    const job = publisher.mergeObjectContext(new Job());
    job.publish(new Worked(1));
    job.publishAll([new Worked(2)]);
    const Merged = publisher.mergeClassContext(Job);
    const other = new Merged();
    other.publish(new Worked(3));
    other.publishAll([new Worked(4)]);
    for (const call of [...bus.publish.mock.calls, ...bus.publishAll.mock.calls])
      note(call.length, call[0], call[1] === job || call[1] === other, call[2]);
    await quiet();
  });

  sameAsIncumbent('what is merged may be any object with the methods', async ({ start, note }) => {
    const { publisher, events } = await start([]);
    events.subscribe(event => note(event));
    const object = publisher.mergeObjectContext({ name: 'plain' } as never) as any;
    void object.publish(new Worked(1));
    void object.publishAll([new Worked(2), new Worked(3)]);
    note(object.name, typeof object.publish);
    await quiet();
  });

  sameAsIncumbent('an observable bus can be made and subscribed', async ({ cqrs, note }) => {
    const bus = new cqrs.ObservableBus<string>();
    bus.subscribe(text => note(text));
    bus.pipe(map(text => text.length)).subscribe(length => note(length));
    bus.subject$.next('text');
    await quiet();
  });

  sameAsIncumbent('failures can be published by hand', async ({ cqrs, note }) => {
    const bus = new cqrs.UnhandledExceptionBus();
    bus.subscribe(info => note(info));
    bus.pipe(cqrs.UnhandledExceptionBus.ofType(RangeError)).subscribe(() => note('range'));
    bus.publish({ exception: new RangeError('x'), cause: new Work(1) });
    bus.publish({ exception: new TypeError('y'), cause: new Worked(1) });
    await quiet();
  });

  sameAsIncumbent('publishers of the options are asked even where buses are made by hand', async ({ cqrs, note }) => {
    const moduleRef = (await moduleRefOf()) as never;
    const publish = jest.fn();
    const options = { commandPublisher: { publish }, eventPublisher: { publish }, queryPublisher: { publish } };
    const commands = new cqrs.CommandBus(moduleRef, options);
    const queries = new cqrs.QueryBus(moduleRef, options);
    const events = new cqrs.EventBus(commands, moduleRef, new cqrs.UnhandledExceptionBus(), options);
    note([commands, queries, events].every(bus => bus.publisher.publish === publish));
    await events.publish(new Worked(1));
    note(publish.mock.calls);
  });

  sameAsIncumbent('sagas may merge, scan, buffer and debounce', async ({ cqrs, start, note }) => {
    class Sagas {
      @cqrs.Saga()
      merged = (events$: Observable<any>) =>
        merge(events$.pipe(cqrs.ofType(Worked)), events$.pipe(cqrs.ofType(Worked))).pipe(
          scan((sum, { id }) => sum + id, 0),
          map(sum => new Work(sum)),
        );
      @cqrs.Saga()
      buffered = (events$: Observable<any>) =>
        events$.pipe(
          cqrs.ofType(Worked),
          bufferCount(2),
          map(pair => new Work(pair.length * 100)),
        );
      @cqrs.Saga()
      debounced = (events$: Observable<any>) =>
        events$.pipe(
          cqrs.ofType(Worked),
          debounceTime(20),
          map(({ id }) => new Work(id * 1000)),
        );
    }
    const worked: number[] = [];
    @cqrs.CommandHandler(Work)
    class Works {
      execute({ id }: Work) {
        worked.push(id);
        return Promise.resolve();
      }
    }
    const { events } = await start([Sagas, Works]);
    for (const id of [1, 2]) void events.publish(new Worked(id));
    await until(() => worked.length === 6);
    note(worked.toSorted((a, b) => a - b));
  });

  sameAsIncumbent(
    'request-scoped and other handlers each get the events in their order',
    async ({ cqrs, start, note }) => {
      const [scoped, others]: [number[], number[]] = [[], []];
      @cqrs.EventsHandler(Worked, { scope: Scope.REQUEST })
      class Scoped {
        handle({ id }: Worked) {
          scoped.push(id);
        }
      }
      @cqrs.EventsHandler(Worked)
      class Static {
        handle({ id }: Worked) {
          others.push(id);
        }
      }
      const { events } = await start([Static, Scoped]);
      void events.publishAll([new Worked(1), new Worked(2)]);
      await quiet();
      await quiet();
      note(scoped, others);
    },
  );

  sameAsIncumbent('a base class of handlers may hold the method', async ({ cqrs, start, note }) => {
    abstract class Base<T> {
      async execute(command: T): Promise<unknown> {
        note('before');
        return this.run(command);
      }
      protected abstract run(command: T): Promise<unknown>;
    }
    @cqrs.CommandHandler(Work)
    class Works extends Base<Work> {
      protected run({ id }: Work) {
        return Promise.resolve(id);
      }
    }
    const { commands } = await start([Works]);
    note(await commands.execute(new Work(4)));
  });

  sameAsIncumbent('messages may be frozen, have getters and private fields', async ({ cqrs, start, note }) => {
    class Secret {
      readonly #value: number;
      constructor(value: number) {
        this.#value = value;
        Object.freeze(this);
      }
      get value() {
        return this.#value;
      }
    }
    @cqrs.CommandHandler(Secret)
    class Reads {
      execute(secret: Secret) {
        return Promise.resolve(secret.value);
      }
    }
    @cqrs.EventsHandler(Secret)
    class Listens {
      handle(secret: Secret) {
        note(secret.value);
      }
    }
    const { commands, events } = await start([Reads, Listens]);
    note(await commands.execute(new Secret(5)));
    await events.publish(new Secret(6));
  });
});
