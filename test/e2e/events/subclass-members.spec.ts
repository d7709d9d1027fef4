import { Injectable } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import {
  AggregateRoot,
  CqrsModule,
  EventBus,
  EventsHandler,
  Publishable,
  Saga,
  type IEventPublisher,
} from 'nestjs-cqrs';
import { map, type Observable } from 'rxjs';
import { RecordedLog, start } from '../../support/application.js';

class Happened {
  constructor(readonly id = 1) {}
}
class Other {}

@EventsHandler(Happened)
class Listens {
  handle() {}
}

async function startBus<T extends EventBus>(Bus: new (...args: never[]) => T, ...providers: (new () => object)[]) {
  const log = new RecordedLog();
  const app = await Test.createTestingModule({ imports: [CqrsModule.forRoot()], providers })
    .overrideProvider(EventBus)
    .useClass(Bus)
    .setLogger(log)
    .compile();
  await app.init();
  return { app, events: app.get<T>(EventBus), log };
}

describe('a subclass of the event bus', () => {
  it('is given the events of one identifier by ofEventId(), as with version 11', async () => {
    class Watching extends EventBus {
      of = (type: new () => object) => this.ofEventId(this.eventIdProvider.getEventId(type)!);
    }
    const { app, events } = await startBus(Watching, Listens);
    class HappenedAgain extends Happened {}
    const seen: object[] = [];
    events.of(Happened).subscribe(event => seen.push(event));
    const published = [new Happened(), new HappenedAgain()];
    await events.publish(published[0]!);
    await events.publish(new Other());
    await events.publish(published[1]!);
    expect(seen).toEqual(published);
    await app.close();
  });

  it.each(['ofEventId', 'filterEventWithId'] as const)('is told that %s does not choose handlers', async member => {
    class Filtering extends EventBus {}
    Object.defineProperty(Filtering.prototype, member, { value: () => undefined });
    const { app, log } = await startBus(Filtering, Listens);
    expect(log.warnings).toEqual([expect.stringContaining(`Filtering overrides ${member}, which does not decide`)]);
    await app.close();
  });

  it('may register a saga in its constructor, which runs from the start on', async () => {
    const seen: unknown[] = [];
    class Early extends EventBus {
      constructor() {
        super();
        this.registerSaga(events$ => events$.pipe(map(event => void seen.push(event)) as never));
      }
    }
    const { app, events } = await startBus(Early);
    await events.publish(new Happened(7));
    expect(seen).toEqual([new Happened(7)]);
    await app.close();
  });

  it('that wraps sagas leaves those alone that are called with one event', async () => {
    const passed: string[] = [];
    const called: string[] = [];
    class Wrapping extends EventBus {
      protected override registerSaga(saga: (events$: Observable<object>) => Observable<object>) {
        passed.push(saga.name);
        super.registerSaga(saga);
      }
    }
    @Injectable()
    class Sagas {
      @Saga()
      stream = (events$: Observable<object>) => events$.pipe(map(() => void called.push('stream')));
      @Saga(Happened)
      function() {
        called.push('function');
      }
    }
    const { app, events } = await startBus(Wrapping, Sagas);
    await events.publish(new Happened());
    expect(passed).toEqual(['stream']);
    expect(called.toSorted()).toEqual(['function', 'stream']);
    await app.close();
  });

  it('that registers sagas asynchronously and fails does not end the process: the failure is reported', async () => {
    const broken = new Error('no sagas');
    class Late extends EventBus {
      override async registerSagas() {
        await Promise.resolve();
        throw broken;
      }
    }
    @Injectable()
    class Sagas {
      @Saga()
      stream = (events$: Observable<object>) => events$ as never;
    }
    const { app, log } = await startBus(Late, Sagas);
    expect(log.errors).toEqual([expect.stringContaining('"Late.registerSagas" has thrown')]);
    await app.close();
  });

  it('that registers a value that is not a saga fails the start, with its name', async () => {
    class Wrong extends EventBus {
      protected override registerSaga() {
        super.registerSaga((() => 'text') as never);
      }
    }
    @Injectable()
    class Sagas {
      @Saga()
      stream = (events$: Observable<object>) => events$ as never;
    }
    await expect(startBus(Wrong, Sagas)).rejects.toMatchObject({
      problems: [{ code: 'CQRS_INVALID_SAGA' }],
      message: expect.stringContaining('of Wrong has returned'),
    });
  });
});

describe('@Publishable()', () => {
  it('hands the aggregate to a publisher as dispatcher context', async () => {
    const given: unknown[] = [];
    const eventPublisher: IEventPublisher = {
      publish: (event, context) => given.push([event, context]),
      publishAll: (events, context) => given.push([events, context]),
    };
    await start({ imports: [CqrsModule.forRoot({ eventPublisher })] });
    @Publishable()
    class Account extends AggregateRoot {}
    const account = new Account();
    account.apply(new Happened(1));
    await account.commit();
    account.autoCommit = true;
    account.apply(new Happened(2));
    expect(given).toEqual([
      [[new Happened(1)], account],
      [new Happened(2), account],
    ]);
    expect((given[0] as unknown[])[1]).toBe(account);
  });
});
