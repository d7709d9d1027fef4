import { Injectable, type Provider } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { map, type Observable } from 'rxjs';
import type { AsyncContext, IEvent } from 'nestjs-cqrs';
import { quiet, sameAsIncumbent, type Application, type Cqrs, type Stage } from './differential.js';

describe('Subclasses of buses, as with @nestjs/cqrs:', () => {
  class Work {
    constructor(readonly id: number) {}
  }
  class Ask {
    constructor(readonly id: number) {}
  }
  class Worked {
    constructor(readonly id: number) {}
  }
  class Audited {
    constructor(readonly id: number) {}
  }

  const handlersOf = (cqrs: Cqrs, note: Stage['note']) => {
    @cqrs.CommandHandler(Work)
    class Works {
      execute({ id }: Work): Promise<string> {
        note('command', id);
        return id < 0 ? Promise.reject(new Error('no work')) : Promise.resolve(`worked ${id}`);
      }
    }
    @cqrs.QueryHandler(Ask)
    class Answers {
      execute({ id }: Ask): Promise<string> {
        note('query', id);
        return Promise.resolve(`answer ${id}`);
      }
    }
    @cqrs.EventsHandler(Worked, Audited)
    class Listens {
      handle(event: Worked | Audited) {
        note(event.constructor.name, event.id);
        if (event.id < 0) throw new Error('not heard');
      }
    }
    return [Works, Answers, Listens];
  };

  /** An application in which subclasses take the places of buses. */
  const startWith = (
    { cqrs, note, compile }: Stage,
    replaced: [token: unknown, by: Provider][],
    more: Provider[] = [],
  ) => {
    const builder = Test.createTestingModule({
      imports: [cqrs.CqrsModule.forRoot()],
      providers: [...handlersOf(cqrs, note), ...more],
    });
    for (const [token, by] of replaced) builder.overrideProvider(token).useClass(by as never);
    return compile(builder);
  };

  const commitOne = async ({ cqrs }: Stage, { publisher }: Application, event: IEvent, context?: AsyncContext) => {
    class Job extends cqrs.AggregateRoot {}
    const job = publisher.mergeObjectContext(new Job(), context);
    job.apply(event);
    await job.commit();
  };

  sameAsIncumbent('publish and publishAll may be async, and are awaited', async stage => {
    const { cqrs, note } = stage;
    @Injectable()
    class AwaitingBus extends cqrs.EventBus {
      override async publish<T extends IEvent>(event: T): Promise<void> {
        await Promise.resolve();
        note('before');
        await super.publish(event as object);
      }
      override async publishAll<T extends IEvent>(events: T[]): Promise<void> {
        note('all', events.length);
        await super.publishAll(events as object[]);
      }
    }
    const { events } = await startWith(stage, [[cqrs.EventBus, AwaitingBus]]);
    const published: unknown = events.publish(new Worked(1));
    note(published instanceof Promise, 'returned');
    note(await published);
    note(await events.publishAll([new Worked(2), new Audited(3)]));
  });

  sameAsIncumbent('publish may return nothing, and publishAll may call it', async stage => {
    const { cqrs, note } = stage;
    @Injectable()
    class SilentBus extends cqrs.EventBus {
      override publish<T extends IEvent>(event: T): void {
        void super.publish(event as object);
      }
      override publishAll<T extends IEvent>(events: T[]): void {
        for (const event of events) this.publish(event);
        note('all', events.length);
      }
    }
    const application = await startWith(stage, [[cqrs.EventBus, SilentBus]]);
    note(application.events.publish(new Worked(1)), application.events.publishAll([new Worked(2), new Worked(3)]));
    await commitOne(stage, application, new Worked(4));
  });

  sameAsIncumbent('publish may replace an event, add one, or keep one back', async stage => {
    const { cqrs, note } = stage;
    @Injectable()
    class AuditingBus extends cqrs.EventBus {
      override publish<T extends IEvent>(event: T): any {
        if (!(event instanceof Worked)) return super.publish(event as object);
        if (event.id === 0) return undefined;
        void super.publish(new Audited(event.id));
        return super.publish(event as object);
      }
    }
    const { events } = await startWith(stage, [[cqrs.EventBus, AuditingBus]]);
    for (const id of [0, 1, 2]) await events.publish(new Worked(id));
    await events.publishAll([new Worked(3), new Audited(4)]);
    note('published');
  });

  sameAsIncumbent('an override gets what its callers give: dispatcher context and AsyncContext', async stage => {
    const { cqrs, note } = stage;
    @Injectable()
    class SeeingBus extends cqrs.EventBus {
      override publish<T extends IEvent, C = unknown>(event: T, dispatcher?: C, context?: AsyncContext): any {
        note('publish', dispatcher, context instanceof cqrs.AsyncContext);
        return super.publish(event as object, dispatcher, context);
      }
      override publishAll<T extends IEvent, C = unknown>(events: T[], dispatcher?: C, context?: AsyncContext): any {
        note('all', (dispatcher as object)?.constructor.name, context instanceof cqrs.AsyncContext);
        return super.publishAll(events as object[], dispatcher, context);
      }
    }
    const application = await startWith(stage, [[cqrs.EventBus, SeeingBus]]);
    await application.events.publish(new Worked(1), { aggregate: 'job' });
    await application.events.publish(new Worked(2), { aggregate: 'job' }, new cqrs.AsyncContext());
    await commitOne(stage, application, new Worked(3));
    await commitOne(stage, application, new Worked(4), new cqrs.AsyncContext());
  });

  sameAsIncumbent('what an override throws reaches its caller', async stage => {
    const { cqrs, note, outcome } = stage;
    @Injectable()
    class RefusingBus extends cqrs.EventBus {
      override publish(): any {
        throw new TypeError('not today');
      }
      override async publishAll(): Promise<void> {
        return Promise.reject(new RangeError('nor all of them'));
      }
    }
    const { events } = await startWith(stage, [[cqrs.EventBus, RefusingBus]]);
    note(await outcome(() => events.publish(new Worked(1))));
    note(await outcome(() => events.publishAll([new Worked(1)])));
  });

  sameAsIncumbent('a failing handler is reported, whatever publish was made of', async stage => {
    const { cqrs, note } = stage;
    @Injectable()
    class AwaitingBus extends cqrs.EventBus {
      override async publish<T extends IEvent>(event: T): Promise<void> {
        await super.publish(event as object);
      }
    }
    @Injectable()
    class CountingFailures extends cqrs.UnhandledExceptionBus {
      override publish(info: any): any {
        note('failure', (info.exception as Error).message);
        return super.publish(info);
      }
    }
    const { events, failures } = await startWith(stage, [
      [cqrs.EventBus, AwaitingBus],
      [cqrs.UnhandledExceptionBus, CountingFailures],
    ]);
    failures.subscribe(({ cause }) => note('cause', cause));
    note(await events.publish(new Worked(-1)));
    await quiet();
  });

  sameAsIncumbent('execute may send a command again after a failure', async stage => {
    const { cqrs, note, outcome } = stage;
    @Injectable()
    class RetryingBus extends cqrs.CommandBus {
      override async execute<T extends object, R = any>(command: T, context?: AsyncContext): Promise<R> {
        const run = (): Promise<R> => super.execute<T, R>(command, context);
        return run().catch(run);
      }
    }
    const { commands } = await startWith(stage, [[cqrs.CommandBus, RetryingBus]]);
    note(await commands.execute(new Work(1)));
    note(await outcome(() => commands.execute(new Work(-1))));
  });

  sameAsIncumbent('execute may answer by itself, or send something else', async stage => {
    const { cqrs, note } = stage;
    @Injectable()
    class ShortCutBus extends cqrs.CommandBus {
      override execute(command: any): Promise<any> {
        if (command.id === 0) return Promise.resolve('nothing to do');
        return super.execute(new Work(command.id * 2));
      }
    }
    const { commands } = await startWith(stage, [[cqrs.CommandBus, ShortCutBus]]);
    note(await commands.execute(new Work(0)), await commands.execute(new Work(1)));
    note(await commands.execute(new Audited(2)));
  });

  sameAsIncumbent('commands of sagas pass through the override', async stage => {
    const { cqrs, note } = stage;
    @Injectable()
    class LoggingBus extends cqrs.CommandBus {
      override async execute<T extends object, R = any>(command: T): Promise<R> {
        note('executes', command);
        return super.execute<T, R>(command);
      }
    }
    class Sagas {
      @cqrs.Saga()
      workAgain = (events$: Observable<any>) =>
        events$.pipe(
          cqrs.ofType(Worked),
          map(({ id }) => new Work(id)),
        );
    }
    const { events } = await startWith(stage, [[cqrs.CommandBus, LoggingBus]], [Sagas]);
    await events.publish(new Worked(7));
    await quiet();
  });

  sameAsIncumbent('a query bus may keep answers', async stage => {
    const { cqrs, note } = stage;
    @Injectable()
    class CachingBus extends cqrs.QueryBus {
      private readonly answers = new Map<string, Promise<any>>();
      override execute<T extends object, R = any>(query: T, context?: AsyncContext): Promise<R> {
        const key = JSON.stringify(query);
        const answer = this.answers.get(key) ?? super.execute<T, R>(query, context as AsyncContext);
        this.answers.set(key, answer);
        return answer;
      }
    }
    const { queries } = await startWith(stage, [[cqrs.QueryBus, CachingBus]]);
    for (const id of [1, 1, 2]) note(await queries.execute(new Ask(id)));
  });

  sameAsIncumbent('subclasses of subclasses may be generic, and are found under the token of the bus', async stage => {
    const { cqrs, note } = stage;
    abstract class NamedBus<E extends Worked> extends cqrs.EventBus<E> {
      abstract readonly name: string;
      override publish<T extends E>(event: T): any {
        note(this.name);
        return super.publish(event);
      }
    }
    @Injectable()
    class WorkBus extends NamedBus<Worked> {
      readonly name = 'work bus';
    }
    @Injectable()
    class Service {
      constructor(readonly events: Application['events']) {}
    }
    const { events, module } = await startWith(
      stage,
      [[cqrs.EventBus, WorkBus]],
      [{ provide: Service, useFactory: (bus: Application['events']) => new Service(bus), inject: [cqrs.EventBus] }],
    );
    note(events instanceof WorkBus, module.get(Service).events === events);
    await module.get(Service).events.publish(new Worked(1));
  });

  sameAsIncumbent('register may be overridden, and is given every handler', async stage => {
    const { cqrs, note } = stage;
    const registered: string[] = [];
    const namesOf = (bus: string, handlers: any[]) =>
      registered.push(...handlers.map(({ metatype }) => `${bus}: ${metatype.name}`));
    @Injectable()
    class OwnCommandBus extends cqrs.CommandBus {
      override register(handlers: any[] = []): any {
        namesOf('commands', handlers);
        super.register(handlers);
      }
    }
    @Injectable()
    class OwnQueryBus extends cqrs.QueryBus {
      override register(handlers: any[] = []): any {
        namesOf('queries', handlers);
        super.register(handlers);
      }
    }
    @Injectable()
    class OwnEventBus extends cqrs.EventBus {
      override register(handlers: any[] = []): any {
        namesOf('events', handlers);
        super.register(handlers);
      }
    }
    const { commands, queries, events } = await startWith(stage, [
      [cqrs.CommandBus, OwnCommandBus],
      [cqrs.QueryBus, OwnQueryBus],
      [cqrs.EventBus, OwnEventBus],
    ]);
    note(registered.toSorted());
    note(await commands.execute(new Work(1)), await queries.execute(new Ask(2)));
    await events.publish(new Worked(3));
  });

  sameAsIncumbent('onModuleDestroy of a subclass is called when the application closes', async stage => {
    const { cqrs, note } = stage;
    @Injectable()
    class EndingBus extends cqrs.EventBus {
      override onModuleDestroy() {
        note('destroyed', this.subscriptions.length >= 0);
        super.onModuleDestroy();
      }
    }
    const { module, events } = await startWith(stage, [[cqrs.EventBus, EndingBus]]);
    await events.publish(new Worked(1));
    await module.close();
    note('closed');
  });
});
