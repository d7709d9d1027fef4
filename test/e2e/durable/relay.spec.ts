import {
  CqrsModule,
  Durable,
  Event,
  EventsHandler,
  expose,
  Message,
  MessageContext,
  Queues,
  route,
} from '../../../lib/index.js';
import { MemoryRemote, MemoryTransport } from '../../../lib/testing/index.js';
import { start } from '../../support/application.js';
import { quietLog } from '../../support/quiet-log.js';

@Message({ name: 'relay.placed' })
class OrderPlaced extends Event {
  constructor(readonly id = 'o-1') {
    super();
  }
}

const log: string[] = [];

class Payments {
  @EventsHandler(OrderPlaced)
  @Durable('payments')
  pay({ id }: OrderPlaced, { messageId, causationId }: MessageContext): void {
    log.push(`paid ${id} ${messageId} ${causationId ?? ''}`.trim());
  }
}

beforeEach(() => {
  log.length = 0;
});

const shop = async (
  remote: MemoryRemote,
  message: typeof OrderPlaced | string = OrderPlaced,
  messages = [OrderPlaced],
) => {
  const transport = new MemoryTransport();
  const routes = [route(message).to(remote.transport(), { durable: true, timeout: 50 })];
  const application = await start({ imports: [CqrsModule.forRoot({ routes, messages, durable: { transport } })] });
  return { ...application, transport };
};

const payments = async (remote: MemoryRemote, transport = new MemoryTransport()) => {
  const application = await start({
    imports: [CqrsModule.forRoot({ expose: [expose(OrderPlaced).on(remote.server())], durable: { transport } })],
    providers: [Payments],
  });
  return { ...application, transport };
};

describe('a durable route', () => {
  it.each([[OrderPlaced], ['relay.*']])('stores an event, and sends it to the other process: %s', async message => {
    const remote = new MemoryRemote('payments');
    const other = await payments(remote);
    const { events, transport } = await shop(remote, message);
    await events.publish(new OrderPlaced(), { messageId: 'e-1' });
    expect(log).toEqual([]);
    await transport.settled();
    await other.transport.settled();
    expect(log).toEqual(['paid o-1 e-1']);
  });

  it('refuses an event that the process could not read back after a restart', async () => {
    quietLog();
    const { events } = await shop(new MemoryRemote('payments'), 'relay.*', []);
    await expect(events.publish(new OrderPlaced())).rejects.toMatchObject({
      code: 'CQRS_NOT_READABLE',
      remedy: 'List the class in the messages option of CqrsModule.forRoot().',
    });
  });

  it('keeps the event until the other process is there', async () => {
    quietLog();
    const remote = new MemoryRemote('payments');
    const { events, transport, app } = await shop(remote);
    await events.publish(new OrderPlaced(), { messageId: 'e-1' });
    await transport.settled();
    expect(await app.get(Queues).list()).toMatchObject([{ queue: 'relay.payments', delayed: 1 }]);
    const other = await payments(remote);
    await transport.clock.advance(5000);
    await other.transport.settled();
    expect(log).toEqual(['paid o-1 e-1']);
  });

  it('tries again for as long as the other process is away, ever less often, at least once a minute', async () => {
    quietLog();
    const { events, transport } = await shop(new MemoryRemote('payments'));
    const { store } = transport;
    const retries: unknown[] = [];
    transport.store = async (...given) => {
      retries.push(...given[0].map(({ retry }) => retry));
      return store.apply(transport, given);
    };
    await events.publish(new OrderPlaced());
    expect(retries).toEqual([{ limit: 1_000_000, delay: 1000, backoff: true, maxDelay: 60_000 }]);
  });

  it('sends again what the other process could not store, which drops what it has', async () => {
    quietLog();
    const remote = new MemoryRemote('payments');
    const stored = new MemoryTransport();
    const { store } = stored;
    let calls = 0;
    // The first time it is stored, and the answer is a failure.
    stored.store = async (...given) => {
      const result = await store.apply(stored, given);
      calls += 1;
      if (calls === 1) throw new Error('the connection was lost');
      return result;
    };
    const other = await payments(remote, stored);
    const { events, transport } = await shop(remote);
    await events.publish(new OrderPlaced(), { messageId: 'e-1' });
    await transport.settled();
    await transport.clock.advance(5000);
    await other.transport.settled();
    expect(calls).toBe(2);
    expect(log).toEqual(['paid o-1 e-1']);
  });

  it('sends one event to two processes, each apart', async () => {
    quietLog();
    const [up, down] = [new MemoryRemote('payments'), new MemoryRemote('absent')];
    const other = await payments(up);
    const transport = new MemoryTransport();
    const routes = [
      route(OrderPlaced).to(up.transport(), { durable: true }),
      route(OrderPlaced).to(down.transport(), { durable: true }),
    ];
    const { events, app } = await start({ imports: [CqrsModule.forRoot({ routes, durable: { transport } })] });
    await events.publish(new OrderPlaced(), { messageId: 'e-1' });
    await transport.settled();
    await other.transport.settled();
    expect(log).toEqual(['paid o-1 e-1']);
    expect(await app.get(Queues).list()).toMatchObject([
      { queue: 'relay.absent', delayed: 1 },
      { queue: 'relay.payments', delayed: 0, ready: 0 },
    ]);
  });

  it('is not followed by the process that gets the event', async () => {
    quietLog();
    const remote = new MemoryRemote('payments');
    const third = new MemoryRemote('shipping');
    const transport = new MemoryTransport();
    const other = await start({
      imports: [
        CqrsModule.forRoot({
          routes: [route(OrderPlaced).to(third.transport(), { durable: true })],
          expose: [expose(OrderPlaced).on(remote.server())],
          durable: { transport },
        }),
      ],
      providers: [Payments],
    });
    const sender = await shop(remote);
    await sender.events.publish(new OrderPlaced(), { messageId: 'e-1' });
    await sender.transport.settled();
    await transport.settled();
    expect(log).toEqual(['paid o-1 e-1']);
    expect(await other.app.get(Queues).get('relay.shipping')).toMatchObject({
      ready: 0,
      delayed: 0,
      handledLastMinute: 0,
    });
    // An event of its own takes the route.
    await other.events.publish(new OrderPlaced('o-2'));
    await transport.settled();
    expect(await other.app.get(Queues).get('relay.shipping')).toMatchObject({ delayed: 1 });
  });
});
