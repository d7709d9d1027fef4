import { Injectable, Scope, type ModuleMetadata } from '@nestjs/common';
import { AsyncLocalStorage } from 'node:async_hooks';
import {
  AggregateRoot,
  CqrsModule,
  DeadLetters,
  delivery,
  Durable,
  Event,
  EventBus,
  EventPublisher,
  EventsHandler,
  Message,
  MessageContext,
  Middleware,
  UnrecoverableException,
  type CqrsModuleOptions,
  type Next,
  type PublishOptions,
} from '../../../lib/index.js';
import { MemoryTransport, track } from '../../../lib/testing/index.js';
import { start } from '../../support/application.js';
import { quietLog } from '../../support/quiet-log.js';

@Message({ name: 'order.placed' })
class OrderPlaced extends Event {
  constructor(readonly orderId = 'o-1') {
    super();
  }
}

class Unlisted extends OrderPlaced {}

const log: string[] = [];
let failing: (attempt: number) => unknown = () => undefined;

class Shop {
  @EventsHandler(OrderPlaced)
  @Durable('bookkeeping', { retry: { limit: 3, delay: 1000, backoff: false } })
  book(event: OrderPlaced, context: MessageContext): void {
    const { attempt } = context.header(delivery)!;
    log.push(`book ${event.orderId} ${attempt}`);
    const error = failing(attempt);
    if (error !== undefined) throw error;
  }

  @EventsHandler(OrderPlaced)
  plain(event: OrderPlaced, context: MessageContext): void {
    log.push(`plain ${event.orderId} ${String(context.header(delivery))}`);
  }
}

@EventsHandler(OrderPlaced)
@Durable('shipping', { key: (event: OrderPlaced) => event.orderId })
class Ship {
  handle(event: OrderPlaced, context: MessageContext): void {
    log.push(`ship ${event.orderId} ${context.header(delivery)!.attempt}`);
  }
}

const started = async (
  providers: ModuleMetadata['providers'] = [Shop, Ship],
  options: Omit<CqrsModuleOptions, 'durable'> = {},
) => {
  const transport = new MemoryTransport();
  const application = await start({ imports: [CqrsModule.forRoot({ ...options, durable: { transport } })], providers });
  return { ...application, transport };
};

/** Refuses to store. */
const refusing = (transport: MemoryTransport): void => {
  transport.store = () => Promise.reject(new Error('the disk is full'));
};

beforeEach(() => {
  log.length = 0;
  failing = () => undefined;
});

describe('a durable event handler', () => {
  it('is given the event later, apart from the others, which have it when publish resolves', async () => {
    const { events, transport } = await started();
    await events.publish(new OrderPlaced());
    expect(log).toEqual(['plain o-1 undefined']);
    await transport.settled();
    expect(log.slice(1).toSorted()).toEqual(['book o-1 1', 'ship o-1 1']);
  });

  it('is tried again alone when it fails', async () => {
    quietLog();
    const { events, transport } = await started();
    failing = attempt => (attempt < 3 ? new Error('closed') : undefined);
    await events.publish(new OrderPlaced());
    await transport.clock.advance(5000);
    expect(log.filter(each => !each.startsWith('plain')).toSorted()).toEqual([
      'book o-1 1',
      'book o-1 2',
      'book o-1 3',
      'ship o-1 1',
    ]);
  });

  it('has dead letters of its own', async () => {
    quietLog();
    const { events, transport, app } = await started();
    failing = () => new UnrecoverableException('no such account');
    await events.publish(new OrderPlaced(), { messageId: 'e-1' });
    await transport.settled();
    const letters = await app.get(DeadLetters).list();
    expect(letters).toMatchObject([{ queue: 'bookkeeping', id: 'e-1', message: new OrderPlaced() }]);
  });

  it('gets an event of one messageId once', async () => {
    const { events, transport } = await started();
    await events.publish(new OrderPlaced(), { messageId: 'e-1' });
    await events.publish(new OrderPlaced(), { messageId: 'e-1' });
    await transport.settled();
    expect(log.filter(each => each.startsWith('book'))).toEqual(['book o-1 1']);
  });

  it('has the identifiers and the cause of the event', async () => {
    const contexts: MessageContext[] = [];
    class Listener {
      @EventsHandler(OrderPlaced)
      @Durable('listener')
      listen(_: OrderPlaced, context: MessageContext): void {
        contexts.push(context);
      }
    }
    const { events, transport } = await started([Listener]);
    await events.publish(new OrderPlaced(), { messageId: 'e-1', correlationId: 'c-1', causationId: 'cause' });
    await transport.settled();
    expect(
      contexts.map(({ messageId, correlationId, causationId }) => [messageId, correlationId, causationId]),
    ).toEqual([['e-1', 'c-1', 'cause']]);
  });

  it('is made at the delivery where it is request-scoped', async () => {
    const made: string[] = [];
    @Injectable({ scope: Scope.REQUEST })
    class Scoped {
      constructor() {
        made.push('made');
      }

      @EventsHandler(OrderPlaced)
      @Durable('scoped')
      handle(): void {
        made.push('handled');
      }
    }
    const { events, transport } = await started([Scoped]);
    await events.publish(new OrderPlaced());
    expect(made).toEqual([]);
    await transport.settled();
    expect(made).toEqual(['made', 'handled']);
  });

  it('runs outside of the asynchronous context of the publisher', async () => {
    const storage = new AsyncLocalStorage<string>();
    const stores: (string | undefined)[] = [];
    class Listener {
      @EventsHandler(OrderPlaced)
      @Durable('listener')
      listen(): void {
        stores.push(storage.getStore());
      }
    }
    const { events, transport } = await started([Listener]);
    await storage.run('request', () => events.publish(new OrderPlaced()));
    await transport.settled();
    expect(stores).toEqual([undefined]);
  });

  it('runs within the middleware of the event bus, around each attempt', async () => {
    quietLog();
    @Middleware({ on: ['event'] })
    class Around {
      intercept(message: object, next: Next, context: MessageContext): unknown {
        log.push(`around ${context.handler.name} ${context.header(delivery)?.attempt ?? 0}`);
        return next(message);
      }
    }
    const { events, transport } = await started([Ship, Around]);
    await events.publish(new OrderPlaced());
    expect(log).toEqual([]);
    await transport.settled();
    expect(log).toEqual(['around Ship 1', 'ship o-1 1']);
  });
});

describe('the outcome of publish', () => {
  it('tells for which handlers the event was stored', async () => {
    const { events } = await started();
    expect(await events.publish(new OrderPlaced(), { onError: 'collect' })).toEqual({
      event: new OrderPlaced(),
      handled: ['Shop.plain'],
      stored: ['Shop.book', 'Ship'],
      skipped: [],
      failures: [],
    });
  });
});

describe('publish, when an event cannot be stored', () => {
  const cases: [string, PublishOptions][] = [
    ['report', { onError: 'report' }],
    ['throw', { onError: 'throw' }],
    ['collect', { onError: 'collect' }],
    ["wait 'none'", { wait: 'none' }],
    ['sequential', { mode: 'sequential' }],
    ['untilFailure', { mode: 'untilFailure' }],
  ];

  it.each(cases)('rejects, whatever the options say: %s', async (_name, options) => {
    quietLog();
    const { events, transport } = await started();
    refusing(transport);
    await expect(events.publish(new OrderPlaced(), options)).rejects.toMatchObject({ code: 'CQRS_NOT_STORED' });
    await expect(events.publishAll([new OrderPlaced(), new OrderPlaced()], options)).rejects.toMatchObject({
      code: 'CQRS_NOT_STORED',
    });
  });

  it('rejects too where a handler publishes the event', async () => {
    quietLog();
    const failures: unknown[] = [];
    class First extends Event {}
    class Republishing {
      constructor(private readonly events: EventBus) {}

      @EventsHandler(First)
      async on(): Promise<void> {
        await this.events.publish(new OrderPlaced()).catch((error: unknown) => failures.push(error));
      }
    }
    const { events, transport } = await started([
      Ship,
      { provide: Republishing, inject: [EventBus], useFactory: (bus: EventBus) => new Republishing(bus) },
    ]);
    refusing(transport);
    await events.publish(new First());
    expect(failures).toMatchObject([{ code: 'CQRS_NOT_STORED' }]);
  });

  it('reports the failure, and the promise may be dropped', async () => {
    quietLog();
    const { events, transport, app } = await started([Ship]);
    refusing(transport);
    const { failures } = await track(app, { failures: 'collect' }).run(() => void events.publish(new OrderPlaced()));
    expect(failures).toMatchObject([{ error: { code: 'CQRS_NOT_STORED' } }]);
  });

  it('keeps the event in its aggregate, to be committed again', async () => {
    quietLog();
    class Order extends AggregateRoot {
      place(): void {
        this.apply(new OrderPlaced('o-2'));
      }
    }
    const { transport, app } = await started([Ship]);
    const order = app.get(EventPublisher).mergeObjectContext(new Order());
    order.place();
    const { store } = transport;
    refusing(transport);
    await expect(order.commit()).rejects.toMatchObject({ code: 'CQRS_NOT_STORED' });
    expect(order.getUncommittedEvents()).toHaveLength(1);
    transport.store = store;
    await order.commit();
    expect(order.getUncommittedEvents()).toHaveLength(0);
    await transport.settled();
    expect(log).toEqual(['ship o-2 1']);
  });

  it('rejects for an event that could not be read back', async () => {
    quietLog();
    const { events } = await started([Ship]);
    await expect(events.publish(new Unlisted())).rejects.toMatchObject({ code: 'CQRS_NOT_READABLE' });
  });

  it('waits for the storing under wait none, and for no handler', async () => {
    let finish: () => void = () => undefined;
    class Slow {
      @EventsHandler(OrderPlaced)
      slow(): Promise<void> {
        return new Promise(resolve => (finish = resolve));
      }
    }
    const { events, transport } = await started([Ship, Slow]);
    await events.publish(new OrderPlaced(), { wait: 'none' });
    await transport.settled();
    expect(log).toEqual(['ship o-1 1']);
    finish();
  });
});
