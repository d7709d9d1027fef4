import { Inject, Injectable, Module, Scope, type Provider } from '@nestjs/common';
import { REQUEST } from '@nestjs/core';
import {
  AsyncContext,
  Command,
  CommandHandler,
  CqrsModule,
  Event,
  EventsHandler,
  Query,
  QueryHandler,
} from '../../../lib/index.js';
import { start } from '../../support/application.js';

class Which extends Command<Handler> {}
class WhichQuery extends Query<Handler> {}
class Happened extends Event {
  readonly seenBy: unknown[] = [];
}

let made = 0;

/** Says who it is. */
abstract class Handler {
  readonly number = ++made;
}

@CommandHandler(Which, { scope: Scope.REQUEST })
class RequestScoped extends Handler {
  constructor(@Inject(REQUEST) readonly request: unknown) {
    super();
  }
  execute(): Promise<Handler> {
    return Promise.resolve(this);
  }
}

@QueryHandler(WhichQuery, { scope: Scope.REQUEST })
class RequestScopedQuery extends Handler {
  constructor(@Inject(REQUEST) readonly request: unknown) {
    super();
  }
  execute(): Promise<Handler> {
    return Promise.resolve(this);
  }
}

@EventsHandler(Happened, { scope: Scope.REQUEST })
class RequestScopedEvents extends Handler {
  constructor(@Inject(REQUEST) readonly request: unknown) {
    super();
  }
  handle(event: Happened) {
    event.seenBy.push(this);
  }
}

const run = (...providers: Provider[]) => start({ imports: [CqrsModule.forRoot()], providers });
const startAll = () => run(RequestScoped, RequestScopedQuery, RequestScopedEvents);

const published = async (events: Awaited<ReturnType<typeof run>>['events'], context?: AsyncContext) => {
  const event = new Happened();
  await events.publish(event, context);
  return event.seenBy;
};

describe('Request-scoped handlers', () => {
  it('are made anew for each dispatch without an AsyncContext', async () => {
    const { commands, queries, events } = await startAll();
    expect(await commands.execute(new Which())).not.toBe(await commands.execute(new Which()));
    expect(await queries.ask(new WhichQuery())).not.toBe(await queries.ask(new WhichQuery()));
    expect((await published(events))[0]).not.toBe((await published(events))[0]);
  });

  it('are shared by dispatches of the same AsyncContext', async () => {
    const { commands, queries, events } = await startAll();
    const context = new AsyncContext();
    expect(await commands.execute(new Which(), context)).toBe(await commands.execute(new Which(), context));
    expect(await queries.ask(new WhichQuery(), context)).toBe(await queries.ask(new WhichQuery(), context));
    expect((await published(events, context))[0]).toBe((await published(events, context))[0]);
  });

  it('are shared when the AsyncContext is given as an option', async () => {
    const { commands } = await startAll();
    const asyncContext = new AsyncContext();
    expect(await commands.execute(new Which(), { asyncContext })).toBe(
      await commands.execute(new Which(), asyncContext),
    );
  });

  it('find the AsyncContext that was attached to a message, even a frozen one', async () => {
    const { commands } = await startAll();
    const [one, other] = [Object.freeze(new Which()), new Which()];
    const context = new AsyncContext();
    context.attachTo(one);
    AsyncContext.merge(one, other);
    expect(await commands.execute(one)).toBe(await commands.execute(other));
  });

  it('are told of the AsyncContext by REQUEST on every bus, in whatever order the buses are used', async () => {
    const { commands, queries, events } = await startAll();
    const [first, second, third] = [new AsyncContext(), new AsyncContext(), new AsyncContext()];
    expect((await published(events, first))[0]).toHaveProperty('request', first);
    expect(await queries.ask(new WhichQuery(), second)).toHaveProperty('request', second);
    expect(await commands.execute(new Which(), third)).toHaveProperty('request', third);
    expect((await published(events, third))[0]).toHaveProperty('request', third);
  });

  it('are told of an AsyncContext by REQUEST where the caller gave none', async () => {
    const { commands, queries, events } = await startAll();
    const handlers = [
      await commands.execute(new Which()),
      await queries.ask(new WhichQuery()),
      (await published(events))[0],
    ] as { request: unknown }[];
    for (const { request } of handlers) expect(request).toBeInstanceOf(AsyncContext);
    expect(new Set(handlers.map(({ request }) => request)).size).toBe(3);
  });

  it('are told of the request that was given to the AsyncContext', async () => {
    const { commands, queries } = await startAll();
    const request = { user: 'ann' };
    const context = new AsyncContext(request);
    expect(await commands.execute(new Which(), context)).toHaveProperty('request', request);
    expect(await queries.ask(new WhichQuery(), context)).toHaveProperty('request', request);
  });

  it('are isolated when dispatches run in parallel', async () => {
    const { commands } = await startAll();
    const requests = Array.from({ length: 20 }, (_, user) => ({ user }));
    const handlers = await Promise.all(
      requests.map(request => commands.execute(new Which(), new AsyncContext(request))),
    );
    expect(handlers.map(handler => (handler as RequestScoped).request)).toEqual(requests);
    expect(new Set(handlers).size).toBe(20);
  });

  it('are made once by parallel dispatches of the same AsyncContext', async () => {
    const { commands } = await startAll();
    const context = new AsyncContext();
    const handlers = await Promise.all(Array.from({ length: 20 }, () => commands.execute(new Which(), context)));
    expect(new Set(handlers).size).toBe(1);
  });

  it('are told of their own request by every application that is given the same AsyncContext', async () => {
    const [one, other] = [await startAll(), await startAll()];
    const context = new AsyncContext();
    const handlers = [
      await one.commands.execute(new Which(), context),
      await other.commands.execute(new Which(), context),
    ];
    expect(handlers.map(handler => (handler as RequestScoped).request)).toEqual([context, context]);
    expect(handlers[0]).not.toBe(handlers[1]);
  });

  it('fail the dispatch when their constructor throws, and can be made the next time', async () => {
    let fails = true;
    @CommandHandler(Which, { scope: Scope.REQUEST })
    class Fragile extends Handler {
      constructor() {
        super();
        if (fails) throw new Error('not yet');
      }
      execute(): Promise<Handler> {
        return Promise.resolve(this);
      }
    }
    const { commands } = await run(Fragile);
    await expect(commands.execute(new Which())).rejects.toThrow('not yet');
    fails = false;
    expect(await commands.execute(new Which())).toBeInstanceOf(Fragile);
  });

  it('of one event share what is request-scoped only within the same AsyncContext', async () => {
    @Injectable({ scope: Scope.REQUEST })
    class UnitOfWork {}
    @EventsHandler(Happened)
    class First {
      constructor(readonly work: UnitOfWork) {}
      handle(event: Happened) {
        event.seenBy.push(this.work);
      }
    }
    @EventsHandler(Happened)
    class Second extends First {}
    const { events } = await run(UnitOfWork, First, Second);
    const isolated = await published(events);
    expect(isolated.every(work => work instanceof UnitOfWork)).toBe(true);
    expect(new Set(isolated).size).toBe(2);
    expect(new Set(await published(events, new AsyncContext())).size).toBe(1);
  });
});

describe('Handlers are request-scoped', () => {
  @Injectable({ scope: Scope.REQUEST })
  class UnitOfWork {}

  it('because of a dependency', async () => {
    @CommandHandler(Which)
    class Dependent extends Handler {
      constructor(readonly work: UnitOfWork) {
        super();
      }
      execute(): Promise<Handler> {
        return Promise.resolve(this);
      }
    }
    const { commands } = await run(UnitOfWork, Dependent);
    const context = new AsyncContext();
    const handlers = (await Promise.all([
      commands.execute(new Which(), context),
      commands.execute(new Which(), context),
      commands.execute(new Which()),
    ])) as Dependent[];
    expect(handlers[0]).toBe(handlers[1]);
    expect(handlers[0]).not.toBe(handlers[2]);
    expect(handlers[0]!.work).toBeInstanceOf(UnitOfWork);
    expect(handlers[0]!.work).not.toBe(handlers[2]!.work);
  });

  it('under a string token, a symbol and an abstract base', async () => {
    abstract class Base {}
    for (const provide of ['handler', Symbol('handler'), Base]) {
      const { commands } = await run({ provide, useClass: RequestScoped });
      const handler = await commands.execute(new Which());
      expect(handler).toBeInstanceOf(RequestScoped);
      expect(handler).not.toBe(await commands.execute(new Which()));
    }
  });

  it('when a request-scoped factory makes them under their own class', async () => {
    const { commands } = await run({
      provide: RequestScoped,
      scope: Scope.REQUEST,
      inject: [REQUEST],
      useFactory: (request: unknown) => Promise.resolve(new RequestScoped(request)),
    });
    const context = new AsyncContext({ user: 'ann' });
    expect(await commands.execute(new Which(), context)).toHaveProperty('request', { user: 'ann' });
  });

  it('with handler methods', async () => {
    @Injectable({ scope: Scope.REQUEST })
    class Service extends Handler {
      @CommandHandler(Which)
      which(): Promise<Handler> {
        return Promise.resolve(this);
      }
      @QueryHandler(WhichQuery)
      whichQuery(): Handler {
        return this;
      }
    }
    const { commands, queries } = await run(Service);
    const context = new AsyncContext();
    expect(await commands.execute(new Which(), context)).toBe(await queries.ask(new WhichQuery(), context));
  });

  it('each in its own module, where two modules have different dependencies under the same token', async () => {
    const named = (name: string): Provider => ({ provide: 'NAME', useValue: name });
    @Injectable({ scope: Scope.REQUEST })
    class Named {
      constructor(@Inject('NAME') readonly name: string) {}
      @EventsHandler(Happened)
      note(event: Happened) {
        event.seenBy.push(this.name);
      }
    }
    class OtherNamed extends Named {
      @EventsHandler(Happened)
      override note(event: Happened) {
        super.note(event);
      }
    }
    @Module({ providers: [named('left'), { provide: 'service', useClass: Named }] })
    class LeftModule {}
    @Module({ providers: [named('right'), { provide: 'service', useClass: OtherNamed }] })
    class RightModule {}
    const { events } = await start({ imports: [CqrsModule.forRoot(), LeftModule, RightModule] });
    expect(await published(events)).toEqual(['left', 'right']);
  });
});
