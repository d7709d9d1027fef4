import { Inject, Injectable, Scope, type Provider } from '@nestjs/common';
import { ContextIdFactory, createContextId, REQUEST, type ContextIdStrategy } from '@nestjs/core';
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
import { track } from '../../../lib/testing/index.js';
import { start } from '../../support/application.js';

class Which extends Command<object> {}
class WhichQuery extends Query<object> {}
class Happened extends Event {
  readonly seenBy: object[] = [];
}

const run = (...providers: Provider[]) => start({ imports: [CqrsModule.forRoot()], providers });

describe('Durable handlers', () => {
  /** Shares durable instances among the requests of one tenant, as the documentation of Nest shows it. */
  class TenantStrategy implements ContextIdStrategy {
    readonly tenants = new Map<string, ReturnType<typeof createContextId>>();

    attach(contextId: { id: number }, request: { headers?: Record<string, string>; tenant?: string }) {
      const tenant = request.tenant ?? request.headers?.tenant ?? 'none';
      if (!this.tenants.has(tenant)) this.tenants.set(tenant, createContextId());
      const ofTenant = this.tenants.get(tenant)!;
      return {
        resolve: ({ isTreeDurable }: { isTreeDurable: boolean }) => (isTreeDurable ? ofTenant : contextId),
        payload: { tenant },
      };
    }
  }

  @CommandHandler(Which, { scope: Scope.REQUEST, durable: true })
  class Durable {
    constructor(@Inject(REQUEST) readonly request: { tenant: string }) {}
    execute(): Promise<object> {
      return Promise.resolve(this);
    }
  }

  @QueryHandler(WhichQuery, { scope: Scope.REQUEST, durable: true })
  class DurableQuery {
    execute(): object {
      return this;
    }
  }

  @EventsHandler(Happened, { scope: Scope.REQUEST, durable: true })
  class DurableEvents {
    handle(event: Happened) {
      event.seenBy.push(this);
    }
  }

  const undo = Object.getOwnPropertyDescriptor(ContextIdFactory, 'strategy');
  beforeEach(() => ContextIdFactory.apply(new TenantStrategy()));
  afterEach(() =>
    Object.defineProperty(ContextIdFactory, 'strategy', {
      writable: true,
      configurable: true,
      value: undefined,
      ...undo,
    }),
  );

  it('are shared by the dispatches of one tenant on all three buses', async () => {
    const { commands, queries, events } = await run(Durable, DurableQuery, DurableEvents);
    const [one, again, other] = ['one', 'one', 'other'].map(tenant => new AsyncContext({ tenant }));
    expect(await commands.execute(new Which(), one)).toBe(await commands.execute(new Which(), again));
    expect(await commands.execute(new Which(), one)).not.toBe(await commands.execute(new Which(), other));
    expect(await queries.ask(new WhichQuery(), one)).toBe(await queries.ask(new WhichQuery(), again));
    expect(await queries.ask(new WhichQuery(), one)).not.toBe(await queries.ask(new WhichQuery(), other));
    const event = new Happened();
    for (const context of [one, again, other]) await events.publish(event, context);
    expect(event.seenBy[0]).toBe(event.seenBy[1]);
    expect(event.seenBy[0]).not.toBe(event.seenBy[2]);
  });

  it('are injected what the strategy knows of the tenant as REQUEST', async () => {
    const { commands } = await run(Durable);
    const handler = (await commands.execute(
      new Which(),
      new AsyncContext({ tenant: 'one', other: 'secret' }),
    )) as Durable;
    expect(handler.request).toEqual({ tenant: 'one' });
  });

  it('are chosen by the headers of a dispatch without AsyncContext', async () => {
    const { commands } = await run(Durable);
    const which = (tenant: string) => commands.execute(new Which(), { headers: { tenant } });
    expect(await which('one')).toBe(await which('one'));
    expect(await which('one')).not.toBe(await which('other'));
  });

  it('are made once when many dispatches of one tenant arrive at once', async () => {
    const { commands } = await run(Durable);
    const dispatches = Array.from({ length: 20 }, () =>
      commands.execute(new Which(), new AsyncContext({ tenant: 'one' })),
    );
    expect(new Set(await Promise.all(dispatches)).size).toBe(1);
  });
});

describe('Transient handlers', () => {
  @CommandHandler(Which, { scope: Scope.TRANSIENT })
  class Transient {
    execute(): Promise<object> {
      return Promise.resolve(this);
    }
  }

  @EventsHandler(Happened, { scope: Scope.TRANSIENT })
  class TransientEvents {
    handle(event: Happened) {
      event.seenBy.push(this);
    }
  }

  it('are made for each dispatch', async () => {
    const { commands, events } = await run(Transient, TransientEvents);
    expect(await commands.execute(new Which())).toBeInstanceOf(Transient);
    expect(await commands.execute(new Which())).not.toBe(await commands.execute(new Which()));
    const event = new Happened();
    await events.publish(event);
    await events.publish(event);
    expect(new Set(event.seenBy).size).toBe(2);
  });

  it('are made once for an AsyncContext', async () => {
    const { commands } = await run(Transient);
    const context = new AsyncContext();
    expect(await commands.execute(new Which(), context)).toBe(await commands.execute(new Which(), context));
  });

  it('are made under a string token and with dependencies', async () => {
    @Injectable({ scope: Scope.TRANSIENT })
    class Dependency {}
    @CommandHandler(Which, { scope: Scope.TRANSIENT })
    class Dependent {
      constructor(@Inject(Dependency) readonly dependency: Dependency) {}
      execute(): Promise<object> {
        return Promise.resolve(this.dependency);
      }
    }
    const { commands } = await run(Dependency, { provide: 'handler', useClass: Dependent });
    const [one, other] = [await commands.execute(new Which()), await commands.execute(new Which())];
    expect(one).toBeInstanceOf(Dependency);
    expect(one).not.toBe(other);
  });

  it('are singletons no less where a singleton handler merely injects something transient', async () => {
    @Injectable({ scope: Scope.TRANSIENT })
    class Dependency {}
    @CommandHandler(Which)
    class Dependent {
      constructor(readonly dependency: Dependency) {}
      execute(): Promise<object> {
        return Promise.resolve(this);
      }
    }
    const { commands } = await run(Dependency, Dependent);
    expect(await commands.execute(new Which())).toBe(await commands.execute(new Which()));
  });
});

describe('A handler of an event that cannot be made', () => {
  it('is reported by name, and the others handle the event', async () => {
    @EventsHandler(Happened, { scope: Scope.REQUEST })
    class Fragile {
      constructor() {
        throw new Error('no connection');
      }
      handle() {}
    }
    @EventsHandler(Happened)
    class Robust {
      handle(event: Happened) {
        event.seenBy.push(this);
      }
    }
    const { app } = await run(Fragile, Robust);
    const event = new Happened();
    const { failures } = await track(app, { failures: 'collect' }).publish(event);
    expect(event.seenBy).toEqual([expect.any(Robust)]);
    const handler = { name: 'Fragile', module: 'RootTestModule' };
    expect(failures).toEqual([{ error: new Error('no connection'), message: event, handler }]);
  });
});
