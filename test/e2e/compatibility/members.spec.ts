import { Injectable, type Provider } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { defer, map, mergeMap, of, retry, tap, type Observable } from 'rxjs';
import { sameAsIncumbent, type Cqrs, type Stage } from './differential.js';

describe('A subclass of the event bus, as with @nestjs/cqrs, can', () => {
  class Happened {
    constructor(readonly id: number) {}
  }
  class Other {
    constructor(readonly id: number) {}
  }
  class Answer {
    constructor(readonly id: number) {}
  }

  /** Starts an application whose event bus is of a subclass. */
  const startWith = ({ cqrs, compile }: Stage, Bus: unknown, providers: Provider[]) =>
    compile(
      Test.createTestingModule({ imports: [cqrs.CqrsModule.forRoot()], providers })
        .overrideProvider(cqrs.EventBus)
        .useClass(Bus as never),
    );

  const listening = ({ cqrs, note }: Stage) => {
    @cqrs.EventsHandler(Happened)
    class Listens {
      handle({ id }: Happened) {
        note(`handled ${id}`);
      }
    }
    return Listens;
  };

  const answering = ({ cqrs, note }: Stage) => {
    @cqrs.CommandHandler(Answer)
    class Answers {
      async execute({ id }: Answer) {
        note(`answer ${id}`);
      }
    }
    @Injectable()
    class Sagas {
      @cqrs.Saga()
      first = (events$: Observable<object>) =>
        events$.pipe(
          cqrs.ofType(Happened),
          map(({ id }) => new Answer(id)),
        );
      @cqrs.Saga()
      second = (events$: Observable<object>) =>
        events$.pipe(
          cqrs.ofType(Other),
          map(({ id }) => new Answer(id)),
        );
    }
    return [Answers, Sagas] as const;
  };

  sameAsIncumbent(
    'call filterEventWithId() where it binds handlers by itself',
    async stage => {
      class Retrying extends (stage.cqrs.EventBus as Cqrs['EventBus']) {
        override bind(handler: any, id: string) {
          const handle = (event: object) => defer(() => Promise.resolve(handler.instance.handle(event)));
          this.subscriptions.push(
            this.subject$
              .pipe(
                this.filterEventWithId(id),
                mergeMap(event => handle(event).pipe(retry(2))),
              )
              .subscribe(),
          );
        }
      }
      let attempts = 0;
      @stage.cqrs.EventsHandler(Happened)
      class Fails {
        async handle({ id }: Happened) {
          stage.note(`attempt ${++attempts} at ${id}`);
          if (attempts < 3) throw new Error('not yet');
        }
      }
      const { events } = await startWith(stage, Retrying, [Fails]);
      void events.publish(new Happened(1));
      void events.publish(new Other(2));
      await new Promise(resolve => setTimeout(resolve, 10));
      stage.note(attempts);
    },
    { only: 12 },
  );

  sameAsIncumbent(
    'call filterEventWithId(null), which lets every event pass',
    async stage => {
      class Watched extends (stage.cqrs.EventBus as Cqrs['EventBus']) {
        all() {
          return this.subject$.pipe(this.filterEventWithId(null));
        }
      }
      const { events } = await startWith(stage, Watched, []);
      (events as InstanceType<typeof Watched>).all().subscribe(event => stage.note(event.constructor.name));
      await events.publish(new Happened(1));
      await events.publish(new Other(1));
    },
    { only: 12 },
  );

  sameAsIncumbent(
    'call ofEventId(), as filterEventWithId() was called in version 11',
    async stage => {
      class Watching extends (stage.cqrs.EventBus as Cqrs['EventBus']) {
        override bind(handler: any, id: string) {
          super.bind(handler, id);
          this.subscriptions.push(this.ofEventId(id).subscribe(event => stage.note('seen', event.constructor.name)));
        }
      }
      const { events } = await startWith(stage, Watching, [listening(stage)]);
      await events.publish(new Happened(1));
      await events.publish(new Other(2));
    },
    { only: 11 },
  );

  sameAsIncumbent('override registerSaga(), through which every saga passes, by its name', async stage => {
    class Logging extends (stage.cqrs.EventBus as Cqrs['EventBus']) {
      protected override registerSaga(saga: any) {
        stage.note(saga.name);
        super.registerSaga((events$: any) =>
          saga(events$).pipe(tap(({ id }: any) => stage.note(`from a saga: ${id}`))),
        );
      }
    }
    const { events } = await startWith(stage, Logging, [...answering(stage)]);
    await events.publish(new Happened(1));
    await events.publish(new Other(2));
    await new Promise(resolve => setImmediate(resolve));
  });

  sameAsIncumbent('override registerSagas(), and leave sagas out', async stage => {
    class Quiet extends (stage.cqrs.EventBus as Cqrs['EventBus']) {
      override registerSagas(wrappers: any[] = []) {
        stage.note(wrappers.map(({ metatype }) => metatype.name));
        super.registerSagas([]);
      }
    }
    const { events } = await startWith(stage, Quiet, [...answering(stage), listening(stage)]);
    await events.publish(new Happened(1));
    await new Promise(resolve => setImmediate(resolve));
  });

  sameAsIncumbent('call registerSaga() with a saga of its own', async stage => {
    class Own extends (stage.cqrs.EventBus as Cqrs['EventBus']) {
      add() {
        this.registerSaga((events$: any) => events$.pipe(map(({ id }: any) => new Answer(id * 10))));
      }
    }
    const { events } = await startWith(stage, Own, [answering(stage)[0]]);
    (events as InstanceType<typeof Own>).add();
    await events.publish(new Happened(1));
    await new Promise(resolve => setImmediate(resolve));
  });

  sameAsIncumbent('not register what is no saga', async stage => {
    class Own extends (stage.cqrs.EventBus as Cqrs['EventBus']) {
      add(saga: unknown) {
        this.registerSaga(saga as never);
      }
    }
    const { events } = await startWith(stage, Own, []);
    for (const saga of [undefined, 'text', () => undefined, () => []])
      stage.note(((await stage.outcome(() => (events as InstanceType<typeof Own>).add(saga))) as any).thrown);
  });

  sameAsIncumbent('override registerHandler(), and leave handlers out', async stage => {
    class Choosing extends (stage.cqrs.EventBus as Cqrs['EventBus']) {
      protected override registerHandler(handler: any) {
        stage.note(handler.metatype.name);
      }
    }
    const { events } = await startWith(stage, Choosing, [listening(stage)]);
    await events.publish(new Happened(1));
  });

  sameAsIncumbent('put an eventIdProvider of its own in place', async stage => {
    class ByName extends (stage.cqrs.EventBus as Cqrs['EventBus']) {
      protected override eventIdProvider = { getEventId: (type: { name: string }) => type.name };
    }
    const Elsewhere = class Happened {
      constructor(readonly id: number) {}
    };
    const { events } = await startWith(stage, ByName, [listening(stage)]);
    await events.publish(new Elsewhere(7));
    await events.publish(new Other(8));
    stage.note('published');
  });

  sameAsIncumbent('ask which events a handler class is for', async stage => {
    class Asking extends (stage.cqrs.EventBus as Cqrs['EventBus']) {
      eventsOf(handler: object) {
        return (this as any).reflectEvents(handler).map(({ name }: { name: string }) => name);
      }
    }
    const Listens = listening(stage);
    const { events } = await startWith(stage, Asking, [Listens]);
    stage.note((events as InstanceType<typeof Asking>).eventsOf(Listens));
  });

  sameAsIncumbent('keep subscriptions that end with the application', async stage => {
    class Watching extends (stage.cqrs.EventBus as Cqrs['EventBus']) {
      watch() {
        this.subscriptions.push(this.subject$.subscribe(event => stage.note(event.constructor.name)));
        return this.subscriptions.at(-1)!;
      }
    }
    const { events, module } = await startWith(stage, Watching, []);
    const subscription = (events as InstanceType<typeof Watching>).watch();
    await events.publish(new Happened(1));
    await module.close();
    stage.note(subscription.closed);
  });

  sameAsIncumbent('put events into _subject$, and watch it', async stage => {
    class Bridged extends (stage.cqrs.EventBus as Cqrs['EventBus']) {
      receive(event: object) {
        this._subject$.next(event);
      }
      get messages$() {
        return this._subject$.asObservable();
      }
    }
    const { events } = await startWith(stage, Bridged, [listening(stage)]);
    const bridged = events as InstanceType<typeof Bridged>;
    bridged.messages$.subscribe(event => stage.note(event.constructor.name));
    bridged.receive(new Happened(3));
    await bridged.publish(new Other(4));
    await new Promise(resolve => setImmediate(resolve));
  });

  sameAsIncumbent('have a saga wrapped that emits nothing but falsy values', async stage => {
    @Injectable()
    class Sagas {
      @stage.cqrs.Saga()
      silent = (events$: Observable<object>) => events$.pipe(mergeMap(() => of(undefined, null) as never));
    }
    class Logging extends (stage.cqrs.EventBus as Cqrs['EventBus']) {
      protected override registerSaga(saga: any) {
        super.registerSaga((events$: any) => saga(events$).pipe(tap(command => stage.note(String(command)))));
      }
    }
    const { events } = await startWith(stage, Logging, [Sagas]);
    await events.publish(new Happened(1));
  });
});
