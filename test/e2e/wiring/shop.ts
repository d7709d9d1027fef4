import { Injectable, Module, Scope, UseGuards, type CanActivate } from '@nestjs/common';
import { EMPTY, type Observable } from 'rxjs';
import { z } from 'zod';
import {
  Command,
  CommandHandler,
  CqrsModule,
  Durable,
  Event,
  EventsHandler,
  expose,
  Message,
  Middleware,
  Query,
  QueryHandler,
  route,
  Saga,
  schedule,
  StreamQuery,
  Timeout,
  UseMiddleware,
  Validate,
  Wiring,
  type CqrsMiddleware,
  type CqrsModuleOptions,
  type Next,
} from '../../../lib/index.js';
import { MemoryRemote, MemoryTransport } from '../../../lib/testing/index.js';
import { start } from '../../support/application.js';

class Audit implements CqrsMiddleware {
  intercept(message: object, next: Next) {
    return next(message);
  }
}

@Middleware({ on: ['command'], before: [Audit] })
class Trace extends Audit {}

class Retry extends Audit {
  wraps = (type: object) => type === PlaceOrder;
}

abstract class OrderCommand extends Command {}

@Message({ name: 'orders.place', version: 2, aliases: ['orders.create'] })
@Validate(z.object({ id: z.string() }))
@UseMiddleware(Retry)
export class PlaceOrder extends OrderCommand {
  constructor(readonly id: string) {
    super();
  }
}
@Durable()
@Message({ name: 'orders.remind' })
export class Remind extends Command {}
export class ListOrders extends StreamQuery<string> {}
@Message({ name: 'billing.charge' })
export class Charge extends Query<string> {}
@Message({ name: 'orders.placed' })
export class OrderPlaced extends Event {}

class Allowed implements CanActivate {
  canActivate() {
    return true;
  }
}

@CommandHandler(PlaceOrder, { scope: Scope.REQUEST })
export class PlaceOrderHandler {
  @Timeout(500)
  async execute() {}
}

@Injectable()
class Orders {
  @CommandHandler(Remind)
  remind() {}

  @UseGuards(Allowed)
  @QueryHandler(ListOrders)
  async *list() {
    yield 'o1';
  }

  @EventsHandler(OrderPlaced)
  @Durable('mails', { retry: { limit: 2 } })
  mail() {}

  @Saga(OrderPlaced)
  remindLater = () => new Remind();

  @Saga()
  watch = (): Observable<Remind> => EMPTY;
}

@Module({ providers: [Orders, PlaceOrderHandler, Trace] })
export class OrdersModule {}

/** The wiring of an application that has some of everything. */
export const wiringOfShop = async (options: CqrsModuleOptions = {}): Promise<Wiring> => {
  const { app } = await start({
    imports: [
      CqrsModule.forRoot({
        middleware: [Audit],
        timeout: 2000,
        routes: [route(Charge).to(new MemoryRemote('billing').transport())],
        expose: [expose(ListOrders).on(new MemoryRemote('orders').server())],
        durable: {
          transport: new MemoryTransport(),
          schedules: [schedule('nightly', new Remind(), { cron: '0 3 * * *' })],
        },
        ...options,
      }),
      OrdersModule,
    ],
  });
  return app.get(Wiring, { strict: false });
};
