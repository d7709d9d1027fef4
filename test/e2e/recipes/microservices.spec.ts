import { Controller, Inject, Injectable, Module, type INestApplicationContext } from '@nestjs/common';
import { APP_FILTER, NestFactory } from '@nestjs/core';
import {
  ClientProxy,
  ClientsModule,
  EventPattern,
  MessagePattern,
  Payload,
  Transport,
  type MicroserviceOptions,
} from '@nestjs/microservices';
import {
  Command,
  CommandBus,
  CommandHandler,
  CqrsModule,
  EventBus,
  EventsHandler,
  type Headers,
  MessageCatalog,
  type MessageContext,
  MessageValidationFilter,
  Query,
  QueryBus,
  QueryHandler,
} from 'nestjs-cqrs';
import { firstValueFrom } from 'rxjs';
import { RecordedLog } from '../../support/application.js';
import { until } from '../../support/waiting.js';
import { CountOrders, CustomerLeft, PlaceOrder } from './microservices/messages.js';
import { freePort } from '../../support/broker-process.js';

interface Seen {
  readonly message: object;
  readonly correlationId: string;
  readonly causationId: string | undefined;
  readonly headers: Headers;
}
const seen: Seen[] = [];
const see = (message: object, { correlationId, causationId, headers }: MessageContext) =>
  seen.push({ message, correlationId, causationId, headers });

@Injectable()
class Orders {
  private count = 0;

  @CommandHandler(PlaceOrder)
  place(command: PlaceOrder, context: MessageContext) {
    see(command, context);
    return { orderNumber: ++this.count };
  }

  @QueryHandler(CountOrders)
  counted() {
    return this.count;
  }

  @EventsHandler(CustomerLeft)
  forget(event: CustomerLeft, context: MessageContext) {
    see(event, context);
  }
}

// #region receive
@Controller()
class MessagesController {
  constructor(
    private readonly catalog: MessageCatalog,
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
    private readonly events: EventBus,
  ) {}

  @MessagePattern('shop.commands')
  execute(@Payload() json: unknown): Promise<unknown> {
    const { payload, dispatchOptions } = this.catalog.fromJSON(json);
    return this.commands.execute(payload, dispatchOptions);
  }

  @MessagePattern('shop.queries')
  ask(@Payload() json: unknown): Promise<unknown> {
    const { payload, dispatchOptions } = this.catalog.fromJSON(json);
    return this.queries.execute(payload, dispatchOptions);
  }

  @EventPattern('shop.events')
  async publish(@Payload() json: unknown) {
    const { payload, dispatchOptions } = this.catalog.fromJSON(json);
    await this.events.publish(payload, dispatchOptions);
  }
}
// #endregion

// #region service
@Module({
  imports: [CqrsModule.forRoot()],
  controllers: [MessagesController],
  providers: [Orders, { provide: APP_FILTER, useClass: MessageValidationFilter }],
})
class ShopModule {}
// #endregion

class CheckOut extends Command<number> {
  constructor(readonly orderId: string) {
    super();
  }
}

// #region send
/** Sends messages to the shop, as effects of the message that is being handled. */
@Injectable()
class Shop {
  constructor(
    @Inject('SHOP') private readonly client: ClientProxy,
    private readonly catalog: MessageCatalog,
  ) {}

  execute<T>(command: Command<T>, cause: MessageContext): Promise<T> {
    return firstValueFrom(this.client.send<T>('shop.commands', this.causedBy(cause, command)));
  }

  ask<T>(query: Query<T>, cause: MessageContext): Promise<T> {
    return firstValueFrom(this.client.send<T>('shop.queries', this.causedBy(cause, query)));
  }

  private causedBy({ correlationId, messageId, headers }: MessageContext, message: object) {
    return this.catalog.envelope(message, { correlationId, causationId: messageId, headers }).toJSON();
  }
}

@Injectable()
class Checkout {
  constructor(private readonly shop: Shop) {}

  @CommandHandler(CheckOut)
  async checkOut({ orderId }: CheckOut, context: MessageContext) {
    await this.shop.execute(new PlaceOrder(orderId, new Date('2030-01-01T00:00:00Z')), context);
    return this.shop.ask(new CountOrders(), context);
  }
}
// #endregion

// #region forward
@Injectable()
class Announcements {
  constructor(
    @Inject('SHOP') private readonly client: ClientProxy,
    private readonly catalog: MessageCatalog,
  ) {}

  /** The same event, so with its own identifiers. */
  @EventsHandler(CustomerLeft)
  async forward(event: CustomerLeft, context: MessageContext) {
    const json = this.catalog.envelope(event, context).toJSON();
    await firstValueFrom(this.client.emit('shop.events', json), { defaultValue: undefined });
  }
}
// #endregion

describe('docs/recipes/microservices.md', () => {
  let apps: INestApplicationContext[];
  let checkout: INestApplicationContext;
  let log: RecordedLog;

  beforeEach(async () => {
    seen.length = 0;
    log = new RecordedLog();
    const options = { host: '127.0.0.1', port: await freePort() };
    const service = await NestFactory.createMicroservice<MicroserviceOptions>(ShopModule, {
      transport: Transport.TCP,
      options,
      logger: log,
    });
    await service.listen();

    @Module({
      imports: [CqrsModule.forRoot(), ClientsModule.register([{ name: 'SHOP', transport: Transport.TCP, options }])],
      providers: [Shop, Checkout, Announcements],
    })
    class CheckoutModule {}
    checkout = await NestFactory.createApplicationContext(CheckoutModule, { logger: log });
    apps = [checkout, service];
  });
  afterEach(async () => {
    for (const app of apps) await app.close();
  });

  const headers = { tenant: 'acme' };

  it('sends a command and a query with correlation, cause and headers, and gets their results', async () => {
    const said = { messageId: 'm1', correlationId: 'c1', headers };
    expect(await checkout.get(CommandBus).execute(new CheckOut('o1'), said)).toBe(1);
    const message = new PlaceOrder('o1', new Date('2030-01-01T00:00:00Z'));
    expect(seen).toStrictEqual([{ message, correlationId: 'c1', causationId: 'm1', headers }]);
  });

  it('forwards an event with its own identifiers', async () => {
    await checkout.get(EventBus).publish(new CustomerLeft('u1'), { correlationId: 'c1', causationId: 'm0', headers });
    await until(() => seen.length === 1);
    const message = new CustomerLeft('u1');
    expect(seen).toStrictEqual([{ message, correlationId: 'c1', causationId: 'm0', headers }]);
  });

  it('answers an invalid message with its violations', async () => {
    await expect(checkout.get(CommandBus).execute(new CheckOut(''))).rejects.toMatchObject({
      code: 'CQRS_VALIDATION',
      violations: [{ path: 'orderId' }],
    });
    expect(seen).toEqual([]);
  });

  it.each([
    ['no envelope', { orderId: 'o1' }],
    ['a message that is not known', { meta: { name: 'shop.order.steal' }, payload: {} }],
    ['an event for the command bus', { meta: { name: 'shop.customer.left' }, payload: { customerId: 'u1' } }],
  ])('refuses what is no message for it, and goes on: %s', async (_what, json) => {
    const client = checkout.get<ClientProxy>('SHOP');
    const refused = firstValueFrom(client.send('shop.commands', json));
    await expect(refused).rejects.toEqual(expect.objectContaining({ message: 'Internal server error' }));
    expect(log.errors).toHaveLength(1);
    expect(await checkout.get(CommandBus).execute(new CheckOut('o1'))).toBe(1);
  });
});
