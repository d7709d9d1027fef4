import { concatMap, delay, filter, map, of, type Observable } from 'rxjs';
import {
  Command,
  CommandBus,
  CommandHandler,
  Event,
  EventBus,
  EventsHandler,
  Message,
  Query,
  QueryBus,
  QueryHandler,
  Saga,
  StreamQuery,
} from '../../../lib/index.js';
import { soon } from '../../support/waiting.js';

@Message({ name: 'shop.place' })
export class PlaceOrder extends Command<string> {
  constructor(readonly item = 'tea') {
    super();
  }
}
export class ReserveStock extends Command {}
export class Bill extends Command {}
export class Remind extends Command {}
export class Count extends Command {}
export class GetPrice extends Query<number> {}
export class GetLines extends StreamQuery<number> {}
@Message({ name: 'shop.placed' })
export class OrderPlaced extends Event {}
export class StockReserved extends Event {}
export class Unheard extends Event {}

export class OutOfStock extends Error {}

/** A command that causes commands, a query and events, by handlers and by sagas of each form. */
export class Shop {
  constructor(
    readonly commands: CommandBus,
    readonly queries: QueryBus,
    readonly events: EventBus,
  ) {}

  @CommandHandler(PlaceOrder)
  async place({ item }: PlaceOrder): Promise<string> {
    await this.queries.execute(new GetPrice());
    if (item === 'nothing') throw new OutOfStock('none left');
    await this.events.publish(new OrderPlaced());
    return item;
  }

  @QueryHandler(GetPrice)
  price(): number {
    return 3;
  }

  @QueryHandler(GetLines)
  async *lines(): AsyncGenerator<number> {
    yield await this.queries.execute(new GetPrice());
    yield await this.queries.execute(new GetPrice());
  }

  @EventsHandler(OrderPlaced)
  async reserve(): Promise<void> {
    await soon();
    await this.commands.execute(new ReserveStock());
  }

  @EventsHandler(OrderPlaced)
  audit(): void {}

  @CommandHandler(ReserveStock)
  async reserved(): Promise<void> {
    await this.events.publish(new StockReserved());
  }

  @CommandHandler(Bill)
  bill(): void {}

  @CommandHandler(Remind)
  remind(): void {}

  @CommandHandler(Count)
  count(): never {
    throw new OutOfStock('cannot count');
  }

  @Saga(OrderPlaced)
  onPlaced(): Command {
    return new Bill();
  }

  @Saga()
  reminders = (events: Observable<object>): Observable<Command> =>
    events.pipe(
      filter(event => event instanceof OrderPlaced),
      concatMap(event => of(event).pipe(delay(5))),
      map(() => new Remind()),
    );

  @Saga()
  async *counts(events: AsyncIterable<object>): AsyncGenerator<Command> {
    for await (const event of events)
      if (event instanceof StockReserved) {
        await soon();
        yield new Count();
      }
  }
}

export const shop = {
  provide: Shop,
  useFactory: (commands: CommandBus, queries: QueryBus, events: EventBus) => new Shop(commands, queries, events),
  inject: [CommandBus, QueryBus, EventBus],
};
