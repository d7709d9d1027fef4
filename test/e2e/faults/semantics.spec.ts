import { jest } from '@jest/globals';
import { Module } from '@nestjs/common';
import { map, type Observable } from 'rxjs';
import {
  AggregateRoot,
  CommandBus,
  CommandHandler,
  EventBus,
  EventPublisher,
  EventsHandler,
  InvalidMessageException,
  QueryBus,
  QueryHandler,
  Saga,
} from 'nestjs-cqrs';
import { scenario, track } from 'nestjs-cqrs/testing';
import { closeAll, start } from './application.js';

/** The section “Semantics, diagnostics, types, speed”; types are in `test/types`. */
describe('Semantics and diagnostics:', () => {
  class Work {
    constructor(readonly id: number) {}
  }
  class Worked {
    constructor(readonly id: number) {}
  }

  afterEach(closeAll);

  it('a saga whose command has a synchronous handler reports nothing', async () => {
    class Sagas {
      @Saga()
      all = (events$: Observable<any>) => events$.pipe(map(({ id }: Worked) => new Work(id)));
    }
    @CommandHandler(Work)
    class Works {
      execute(_command: Work) {}
    }
    const { app, reported, logged } = await start({ providers: [Sagas, Works] });
    await scenario(app).when(new Worked(1)).sends(new Work(1));
    expect({ reported, logged }).toEqual({ reported: [], logged: [] });
  });

  it.each([
    ['a synchronous handler', 1],
    ['a handler that throws', 2],
    ['no handler', 3],
    ['a message that is none', 4],
  ])('both buses return promises and never throw: %s', async (_, id) => {
    class Ask {
      constructor(readonly id: number) {}
    }
    const handle = ({ id }: Work | Ask) => {
      if (id === 2) throw new RangeError('broken');
      return id;
    };
    const [commands, queries] = [new CommandBus(), new QueryBus()];
    if (id < 3) {
      commands.register(Work, handle);
      queries.register(Ask, handle);
    }
    const sent = id === 4 ? [null, 5] : [new Work(id), new Ask(id)];
    const promises = [commands.execute(sent[0] as never), queries.execute(sent[1] as never)] as Promise<unknown>[];
    for (const promise of promises) expect(promise).toBeInstanceOf(Promise);
    const settled = await Promise.allSettled(promises);
    const expected = [
      { status: 'fulfilled', value: 1 },
      { status: 'rejected', reason: expect.any(RangeError) as unknown },
      { status: 'rejected', reason: expect.objectContaining({ code: 'CQRS_HANDLER_NOT_FOUND' }) as unknown },
      { status: 'rejected', reason: expect.any(InvalidMessageException) as unknown },
    ][id - 1];
    expect(settled).toEqual([expected, expected]);
  });

  it('the log and the exception info say which handler of which module failed, and with what', async () => {
    @EventsHandler(Worked)
    class SendsMail {
      handle() {
        throw new Error('no mail server');
      }
    }
    @Module({ providers: [SendsMail] })
    class MailModule {}
    const { events, reported, logged } = await start({ imports: [MailModule] });
    const event = new Worked(1);
    await events.publish(event);
    expect(logged).toHaveLength(1);
    for (const word of ['SendsMail', 'MailModule', 'Worked', 'no mail server']) expect(logged[0]).toContain(word);
    const [info] = reported;
    expect({ ...info }).toEqual({ exception: new Error('no mail server'), cause: event });
    expect(info).toMatchObject({ handler: 'SendsMail', module: 'MailModule', attempt: 1 });
    expect(info!.message).toBe(event);
    expect(info!.context!.type).toBe(Worked);
  });

  describe('an aggregate that an ORM made with Object.create', () => {
    class Order extends AggregateRoot {
      lines = ['line'];
      applied: number[] | undefined;
      onWorked({ id }: Worked) {
        (this.applied ??= []).push(id);
      }
    }
    const make = () => Object.create(Order.prototype) as Order;

    it('applies, commits and publishes as any other', async () => {
      @EventsHandler(Worked)
      class Listens {
        handle() {}
      }
      const { app } = await start({ providers: [Listens] });
      const order = app.get(EventPublisher, { strict: false }).mergeObjectContext(make());
      expect(order.getUncommittedEvents()).toEqual([]);
      expect(order.autoCommit).toBe(false);
      order.apply(new Worked(1));
      expect(order.applied).toEqual([1]);
      const committed = await track(app).run(() => order.commit());
      order.autoCommit = true;
      const applied = await track(app).run(() => order.apply(new Worked(2)));
      expect([committed, applied].map(({ published }) => published.messages)).toEqual([
        [new Worked(1)],
        [new Worked(2)],
      ]);
      expect([committed, applied].map(({ published }) => published.handledBy)).toEqual([['Listens'], ['Listens']]);
    });

    it('loads from history and forgets what is uncommitted', () => {
      const order = make();
      order.loadFromHistory([new Worked(1)]);
      order.apply(new Worked(2));
      order.uncommit();
      expect(order.applied).toEqual([1, 2]);
      expect(order.getUncommittedEvents()).toEqual([]);
    });
  });

  it('publishing looks nothing up that it looked up before, however many types are registered', async () => {
    const bus = new EventBus();
    const types = Array.from({ length: 1000 }, () => class {});
    let handled = 0;
    for (const type of types) bus.register(type, () => void handled++);
    const get = jest.spyOn(bus.registry, 'get');
    await bus.publish(new types[500]!());
    const before = get.mock.calls.length;
    for (let i = 0; i < 10; i++) await bus.publish(new types[500]!());
    expect(handled).toBe(11);
    expect(before).toBeLessThanOrEqual(2);
    expect(get.mock.calls.length).toBe(before);
  });

  it('a handler that is missing says what is near', async () => {
    class Lonely {}
    @QueryHandler(Lonely)
    class AnswersLonely {
      execute() {
        return 1;
      }
    }
    class Forgotten {}
    @CommandHandler(Forgotten)
    class HandlesForgotten {
      execute() {
        return undefined;
      }
    }
    void HandlesForgotten;
    const { commands } = await start({ providers: [AnswersLonely] });
    const messageOf = (command: object) => commands.execute(command).catch((error: Error) => error.message);
    expect(await messageOf(new Forgotten())).toContain('HandlesForgotten is declared but not provided');
    expect(await messageOf(new Lonely())).not.toContain('not provided');
    expect(await messageOf(new Lonely())).toContain('AnswersLonely');
  });
});
