import { setTimeout as delay } from 'node:timers/promises';
import { Injectable, Module, Scope, type DynamicModule } from '@nestjs/common';
import { from, mergeMap, type Observable } from 'rxjs';
import {
  Command,
  CommandBus,
  CommandHandler,
  CqrsModule,
  Event,
  EventBus,
  EventsHandler,
  ofType,
  QueryBus,
  QueryHandler,
  Saga,
  StreamQuery,
  UseMiddleware,
  type CqrsModuleOptions,
  type EventStream,
  type MiddlewareFunction,
} from '../../../lib/index.js';

/** Some turns of the event loop, or of promises alone: as the seed has it. */
export class Pace {
  constructor(private seed: number) {}

  async wait(): Promise<void> {
    this.seed = (this.seed * 1_103_515_245 + 12_345) % 2 ** 31;
    // The low bits of such a sequence repeat at once.
    const kind = (this.seed >> 16) % 4;
    if (kind === 0) return;
    if (kind === 1) await undefined;
    else if (kind === 2) await new Promise(resolve => setImmediate(resolve));
    else await delay((this.seed >> 20) % 4);
  }
}

export const pace = { now: new Pace(1) };
const wait = () => pace.now.wait();

export class PlaceOrder extends Command<string> {}
export class Reserve extends Command {}
export class Ship extends Command {}
export class Bill extends Command {}
export class Thank extends Command {}
export class Lines extends StreamQuery<number> {}
export class OrderPlaced extends Event {}
export class Reserved extends Event {}
export class Shipped extends Event {}
export class Billed extends Event {}
/** Has no handler. */
export class Noted extends Event {}

const again: MiddlewareFunction = async (message, next) => {
  try {
    return await next(message);
  } catch {
    await wait();
    return next(message);
  }
};

@CommandHandler(PlaceOrder)
class PlaceOrderHandler {
  constructor(
    private readonly commands: CommandBus,
    private readonly events: EventBus,
    private readonly queries: QueryBus,
  ) {}

  async execute(): Promise<string> {
    await this.commands.dispatch(new Reserve());
    let sum = 0;
    for await (const line of this.queries.stream(new Lines())) sum += line;
    await wait();
    // Not awaited: it goes on after the end of this handler.
    void this.events.publish(new OrderPlaced());
    return `placed ${sum}`;
  }
}

@UseMiddleware(again)
@CommandHandler(Reserve)
class ReserveHandler {
  private static runs = 0;

  constructor(private readonly events: EventBus) {}

  async execute(): Promise<void> {
    await wait();
    if (++ReserveHandler.runs % 2 === 1) throw new Error('not yet');
    await this.events.publish(new Reserved());
  }
}

@QueryHandler(Lines)
class LinesHandler {
  async *execute(): AsyncGenerator<number> {
    for (let i = 0; i < 3; i++) {
      await wait();
      yield i;
    }
  }
}

@EventsHandler(OrderPlaced)
class Noting {
  constructor(private readonly events: EventBus) {}

  handle(): void {
    // Waits until all handlers have the event that is being delivered.
    void this.events.publish(new Noted());
  }
}

class Connection {}

@Injectable({ scope: Scope.REQUEST })
@EventsHandler(OrderPlaced, Reserved)
class Mailing {
  constructor(readonly connection: Connection) {}

  async handle(): Promise<void> {
    await wait();
  }
}

@Injectable()
class Steps {
  constructor(protected readonly events: EventBus) {}

  protected async tell(event: object): Promise<void> {
    await wait();
    void this.events.publish(event);
    await wait();
  }
}

@Injectable()
class Shipping extends Steps {
  @CommandHandler(Ship)
  ship(): Promise<void> {
    return this.tell(new Shipped());
  }

  @CommandHandler(Bill)
  bill(): Promise<void> {
    return this.tell(new Billed());
  }

  @CommandHandler(Thank)
  async thank(): Promise<void> {
    await wait();
  }
}

@Injectable()
class Sagas {
  @Saga(OrderPlaced)
  async onPlaced(): Promise<Ship[]> {
    await wait();
    return [new Ship(), new Ship()];
  }

  @Saga()
  onShipped = (events$: Observable<object>) =>
    events$.pipe(
      ofType(Shipped),
      mergeMap(() => from([new Bill()])),
    );

  @Saga()
  async *onBilled(events$: EventStream) {
    for await (const billed of events$.ofType(Billed)) {
      await wait();
      yield billed && new Thank();
      await wait();
    }
  }
}

/** All that can be watched, in one application. */
export const flowModule = (options: CqrsModuleOptions = {}): DynamicModule => ({
  module: FlowModule,
  imports: [CqrsModule.forRoot({ ...options, sagas: { concurrency: 1, ...options.sagas } })],
  providers: [
    PlaceOrderHandler,
    ReserveHandler,
    LinesHandler,
    Noting,
    Mailing,
    Shipping,
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
class FlowModule {}
