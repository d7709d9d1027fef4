import { setTimeout as delay } from 'node:timers/promises';
import { Injectable, Module, Scope, type DynamicModule, type OnModuleInit } from '@nestjs/common';
import { concatMap, from, mergeMap, type Observable } from 'rxjs';
import {
  Command,
  CommandBus,
  CommandHandler,
  CqrsModule,
  Event,
  EventBus,
  EventsHandler,
  ofType,
  Query,
  QueryBus,
  QueryHandler,
  Saga,
  StreamQuery,
  UseMiddleware,
  type CqrsModuleOptions,
  type EventStream,
  type MiddlewareFunction,
} from '../../../lib/index.js';

/** Random waits: none, a few promises, a turn of the event loop, or some milliseconds. */
export const pace = { seed: 1 };

async function wait(): Promise<void> {
  pace.seed = (pace.seed * 1_103_515_245 + 12_345) % 2 ** 31;
  const kind = (pace.seed >> 4) % 4;
  if (kind === 0) return;
  if (kind === 1) for (let i = 0; i < 20; i++) await undefined;
  else if (kind === 2) await new Promise(resolve => setImmediate(resolve));
  else await delay((pace.seed >> 8) % 3);
}

abstract class OrderCommand<R = void> extends Command<R> {
  constructor(readonly id: string) {
    super();
  }
}
abstract class OrderEvent extends Event {
  constructor(readonly id: string) {
    super();
  }
}

export class PlaceOrder extends OrderCommand<string> {}
export class Reserve extends OrderCommand {}
export class Ship extends OrderCommand {}
export class Bill extends OrderCommand {}
export class Thank extends OrderCommand {}
export class Close extends OrderCommand {}
export class OrderPlaced extends OrderEvent {}
export class Reserved extends OrderEvent {}
export class Shipped extends OrderEvent {}
export class Billed extends OrderEvent {}
export class Thanked extends OrderEvent {}
/** Has no handler. */
export class Noted extends OrderEvent {}
export class Lines extends StreamQuery<number> {
  constructor(readonly id: string) {
    super();
  }
}
export class FindPrice extends Query<number> {
  constructor(readonly id: string) {
    super();
  }
}

const BILLED = 'Billed(Sagas.onBilled: Close, Sagas.onBilled: Thank(Thanked))';
const SHIP = `Sagas.onPlaced: Ship(Shipped(Sagas.onShipped: Bill(${BILLED})))`;

/** Messages of each flow in the order of their names, and each below what has caused it: in all flows the same. */
export const EXPECTED = {
  executed: ['Bill', 'Bill', 'Close', 'Close', 'PlaceOrder', 'Reserve', 'Ship', 'Ship', 'Thank', 'Thank'],
  asked: ['FindPrice', 'Lines'],
  published: ['Billed', 'Billed', 'Noted', 'OrderPlaced', 'Reserved', 'Shipped', 'Shipped', 'Thanked', 'Thanked'],
  emitted: ['Bill', 'Bill', 'Close', 'Close', 'Ship', 'Ship', 'Thank', 'Thank'],
  causes: `PlaceOrder(FindPrice, Lines, OrderPlaced(Noted, ${SHIP}, ${SHIP}), Reserve(Reserved))`,
};

const again: MiddlewareFunction = async (message, next) => {
  try {
    return await next(message);
  } catch {
    await wait();
    return next(message);
  }
};

/** Its events go to another process. */
@Injectable()
class OutsideBus extends EventBus implements OnModuleInit {
  onModuleInit(): void {
    this.publisher = { publish: async () => wait() };
  }
}

@CommandHandler(PlaceOrder)
class PlaceOrderHandler {
  constructor(
    private readonly commands: CommandBus,
    private readonly events: EventBus,
    private readonly queries: QueryBus,
  ) {}

  async execute({ id }: PlaceOrder): Promise<string> {
    await this.commands.dispatch(new Reserve(id));
    let sum = await this.queries.ask(new FindPrice(id));
    for await (const line of this.queries.stream(new Lines(id))) sum += line;
    await wait();
    // Not awaited: it goes on after the end of this handler.
    void this.events.publish(new OrderPlaced(id));
    return `${id}: ${sum}`;
  }
}

@UseMiddleware(again)
@CommandHandler(Reserve)
class ReserveHandler {
  private readonly tried = new Set<string>();

  constructor(private readonly events: EventBus) {}

  async execute({ id }: Reserve): Promise<void> {
    await wait();
    if (!this.tried.delete(id)) {
      this.tried.add(id);
      throw new Error('not yet');
    }
    await this.events.publish(new Reserved(id));
  }
}

@Injectable()
class Reading {
  @QueryHandler(FindPrice)
  async price(_query: FindPrice): Promise<number> {
    await wait();
    return 10;
  }

  @QueryHandler(Lines)
  async *lines(_query: Lines): AsyncGenerator<number> {
    for (let i = 0; i < 3; i++) {
      await wait();
      yield i;
    }
  }
}

@EventsHandler(OrderPlaced)
class Noting {
  constructor(private readonly events: EventBus) {}

  handle({ id }: OrderPlaced): void {
    // Waits until all handlers have the event that is being delivered.
    void this.events.publish(new Noted(id));
  }
}

class Connection {}

@Injectable({ scope: Scope.REQUEST })
@EventsHandler(OrderPlaced, Reserved)
class Mailing {
  constructor(readonly connection: Connection) {}

  async handle(_event: OrderPlaced | Reserved): Promise<void> {
    await wait();
  }
}

@Injectable()
class Steps {
  constructor(
    protected readonly events: EventBus,
    protected readonly outside: OutsideBus,
  ) {}

  @CommandHandler(Ship)
  ship({ id }: Ship): Promise<void> {
    return this.tell(new Shipped(id));
  }

  @CommandHandler(Bill)
  bill({ id }: Bill): Promise<void> {
    return this.tell(new Billed(id));
  }

  @CommandHandler(Thank)
  async thank({ id }: Thank): Promise<void> {
    await wait();
    void this.outside.publish(new Thanked(id));
  }

  @CommandHandler(Close)
  async close(_command: Close): Promise<void> {
    await wait();
  }

  private async tell(event: object): Promise<void> {
    await wait();
    void this.events.publish(event);
    await wait();
  }
}

@Injectable()
class Sagas {
  @Saga(OrderPlaced)
  async onPlaced({ id }: OrderPlaced): Promise<Ship[]> {
    await wait();
    return [new Ship(id), new Ship(id)];
  }

  @Saga()
  onShipped = (events$: Observable<object>) =>
    events$.pipe(
      ofType(Shipped),
      // Promises alone between the event and the command: visible to nothing but a turn of the event loop.
      mergeMap(async ({ id }) => {
        for (let i = 0; i < 50; i++) await undefined;
        return new Bill(id);
      }),
      concatMap(bill => from([bill])),
    );

  @Saga()
  async *onBilled(events$: EventStream) {
    for await (const { id } of events$.ofType(Billed)) {
      await wait();
      yield new Thank(id);
      await wait();
      yield new Close(id);
    }
  }
}

/** All that a flow can have, in one application. */
export const ordersModule = (options: CqrsModuleOptions = {}): DynamicModule => ({
  module: OrdersModule,
  imports: [CqrsModule.forRoot({ ...options, sagas: { concurrency: 1, ...options.sagas } })],
  providers: [
    OutsideBus,
    PlaceOrderHandler,
    ReserveHandler,
    Reading,
    Noting,
    Mailing,
    Steps,
    Sagas,
    {
      provide: Connection,
      scope: Scope.REQUEST,
      useFactory: async () => {
        await wait();
        return new Connection();
      },
    },
  ],
});

@Module({})
class OrdersModule {}
