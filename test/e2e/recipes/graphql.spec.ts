import type { AddressInfo } from 'node:net';
import { Injectable, Module, type INestApplication } from '@nestjs/common';
import { APP_FILTER, APP_INTERCEPTOR } from '@nestjs/core';
import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo';
import {
  Args,
  Field,
  GraphQLModule,
  ID,
  Int,
  Mutation,
  ObjectType,
  Parent,
  Query as Ask,
  ResolveField,
  Resolver,
  Subscription,
} from '@nestjs/graphql';
import { Test } from '@nestjs/testing';
import { createClient } from 'graphql-ws';
import {
  Command,
  CommandBus,
  CommandHandler,
  type CqrsMiddleware,
  CqrsModule,
  Event,
  EventBus,
  HttpContextInterceptor,
  MessageValidationFilter,
  Middleware,
  type Next,
  ofType,
  Query,
  QueryBus,
  QueryHandler,
  StreamQuery,
  Validate,
} from 'nestjs-cqrs';
import { track } from 'nestjs-cqrs/testing';
import { finalize, type Observable } from 'rxjs';
import { WebSocket } from 'ws';
import { z } from 'zod';
import { until } from '../../support/waiting.js';

// #region messages
@Validate(z.object({ orderId: z.string().min(1), quantity: z.int().positive() }))
class PlaceOrder extends Command {
  constructor(
    readonly orderId: string,
    readonly quantity: number,
  ) {
    super();
  }
}
class GetQuantity extends Query<number> {
  constructor(readonly orderId: string) {
    super();
  }
}
class OrderPlaced extends Event {
  constructor(readonly orderId: string) {
    super();
  }
}
class WatchOrders extends StreamQuery<OrderPlaced> {}
// #endregion

// #region handlers
@Injectable()
class Orders {
  private readonly quantities = new Map<string, number>();

  constructor(private readonly events: EventBus) {}

  @CommandHandler(PlaceOrder)
  async place({ orderId, quantity }: PlaceOrder) {
    this.quantities.set(orderId, quantity);
    await this.events.publish(new OrderPlaced(orderId));
  }

  @QueryHandler(GetQuantity)
  quantity({ orderId }: GetQuantity) {
    return this.quantities.get(orderId) ?? 0;
  }

  @QueryHandler(WatchOrders)
  watch() {
    return this.events.pipe(ofType(OrderPlaced));
  }
}
// #endregion

// #region iterate
/** Rows whose source ends when the client unsubscribes, even if no row comes any more. */
function untilReturned<T>(open: (signal: AbortSignal) => AsyncIterator<T>): AsyncIterableIterator<T> {
  const left = new AbortController();
  const rows = open(left.signal);
  const end: IteratorResult<T> = { done: true, value: undefined };
  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    async next() {
      try {
        return await rows.next();
      } catch (error) {
        if (left.signal.aborted) return end;
        throw error;
      }
    },
    async return() {
      left.abort();
      return end;
    },
  };
}
// #endregion

// #region resolver
@ObjectType()
class Order {
  @Field(() => ID)
  readonly orderId!: string;
}

@Resolver(() => Order)
class OrdersResolver {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Ask(() => Order)
  order(@Args('orderId') orderId: string): Order {
    return { orderId };
  }

  @ResolveField(() => Int)
  quantity(@Parent() { orderId }: Order) {
    return this.queries.ask(new GetQuantity(orderId));
  }

  @Mutation(() => Order, { nullable: true })
  async placeOrder(@Args('orderId') orderId: string, @Args('quantity', { type: () => Int }) quantity: number) {
    await this.commands.dispatch(new PlaceOrder(orderId, quantity), { fromOutside: true });
    return { orderId };
  }

  @Subscription(() => Order, { resolve: (order: Order) => order })
  orderPlaced() {
    return untilReturned(signal => this.queries.stream(new WatchOrders(), { signal }));
  }
}
// #endregion

let watching = 0;
/** Counts the subscriptions. */
@Middleware()
class Recorder implements CqrsMiddleware {
  async intercept(message: object, next: Next) {
    const result = await next(message);
    if (!(message instanceof WatchOrders)) return result;
    watching += 1;
    return (result as Observable<object>).pipe(finalize(() => (watching -= 1)));
  }
}

// #region module
@Module({
  imports: [
    CqrsModule.forRoot(),
    GraphQLModule.forRoot<ApolloDriverConfig>({
      driver: ApolloDriver,
      autoSchemaFile: true,
      subscriptions: { 'graphql-ws': true },
      // Nest runs the interceptor and the filter for fields only if told to.
      fieldResolverEnhancers: ['interceptors', 'filters'],
    }),
  ],
  providers: [
    Orders,
    OrdersResolver,
    { provide: APP_INTERCEPTOR, useClass: HttpContextInterceptor },
    { provide: APP_FILTER, useClass: MessageValidationFilter },
  ],
})
class AppModule {}
// #endregion

describe('docs/recipes/graphql.md', () => {
  let app: INestApplication;
  let url: string;

  beforeEach(async () => {
    const moduleRef = await Test.createTestingModule({ imports: [AppModule], providers: [Recorder] }).compile();
    app = moduleRef.createNestApplication({ logger: false });
    await app.listen(0, '127.0.0.1');
    url = `127.0.0.1:${(app.getHttpServer().address() as AddressInfo).port}/graphql`;
  });
  afterEach(() => app.close());

  const ask = async (query: string): Promise<unknown> => {
    const headers = { 'content-type': 'application/json', 'x-correlation-id': 'c1' };
    const answer = await fetch(`http://${url}`, { method: 'POST', headers, body: JSON.stringify({ query }) });
    return answer.json();
  };

  it('sends commands and queries, all with the correlation of the request', async () => {
    const placed = await track(app).run(() =>
      ask('mutation { placeOrder(orderId: "o1", quantity: 3) { orderId quantity } }'),
    );
    expect(placed.result).toEqual({ data: { placeOrder: { orderId: 'o1', quantity: 3 } } });
    expect(placed.executed.messages).toEqual([new PlaceOrder('o1', 3)]);
    expect(placed.asked.messages).toEqual([new GetQuantity('o1')]);
    const both = await track(app).run(() =>
      ask('{ a: order(orderId: "o1") { quantity } b: order(orderId: "o2") { quantity } }'),
    );
    expect(both.result).toEqual({ data: { a: { quantity: 3 }, b: { quantity: 0 } } });
    expect(both.asked.messages).toEqual([new GetQuantity('o1'), new GetQuantity('o2')]);
    const sent = [...placed.executed, ...placed.asked, ...both.asked];
    expect(sent.map(({ context }) => context!.correlationId)).toEqual(['c1', 'c1', 'c1', 'c1']);
  });

  it('answers an invalid message in errors, with its violations', async () => {
    expect(await ask('mutation { placeOrder(orderId: "", quantity: 3) { orderId } }')).toMatchObject({
      data: { placeOrder: null },
      errors: [{ extensions: { code: 'BAD_USER_INPUT', violations: [{ path: 'orderId' }] } }],
    });
  });

  it('subscribes to the rows of a query, and ends them when the client unsubscribes', async () => {
    const client = createClient({ url: `ws://${url}`, webSocketImpl: WebSocket, retryAttempts: 0 });
    const orders = client.iterate({ query: 'subscription { orderPlaced { orderId quantity } }' });
    const first = orders.next();
    await until(() => watching === 1);
    await ask('mutation { placeOrder(orderId: "o1", quantity: 3) { orderId } }');
    expect(await first).toEqual({ done: false, value: { data: { orderPlaced: { orderId: 'o1', quantity: 3 } } } });
    await orders.return!();
    await until(() => watching === 0);
    await client.dispose();
  });
});
