import { readFileSync } from 'node:fs';
import { join } from 'node:path';
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
  type Next,
} from '../../../lib/index.js';
import { MemoryRemote, MemoryTransport } from '../../../lib/testing/index.js';
import { start } from '../../support/application.js';
import { schemaErrors } from '../../support/wiring-schema.js';

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
class PlaceOrder extends OrderCommand {
  constructor(readonly id: string) {
    super();
  }
}
@Durable()
@Message({ name: 'orders.remind' })
class Remind extends Command {}
class ListOrders extends StreamQuery<string> {}
@Message({ name: 'billing.charge' })
class Charge extends Query<string> {}
@Message({ name: 'orders.placed' })
class OrderPlaced extends Event {}

class Allowed implements CanActivate {
  canActivate() {
    return true;
  }
}

@CommandHandler(PlaceOrder, { scope: Scope.REQUEST })
class PlaceOrderHandler {
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
class OrdersModule {}

const wiringOf = async () => {
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
      }),
      OrdersModule,
    ],
  });
  return app.get(Wiring, { strict: false });
};

const golden = join(import.meta.dirname, 'document.json');

describe('The document of a wiring', () => {
  it('has all that is known, sorted, and fits the schema of the package', async () => {
    const document = (await wiringOf()).document({ sources: false });
    expect(schemaErrors(document)).toEqual([]);
    expect(document).toEqual(JSON.parse(readFileSync(golden, 'utf8')));
  });

  it('has file and line of every class', async () => {
    const document = (await wiringOf()).document();
    expect(schemaErrors(document)).toEqual([]);
    const { messages, handlers, modules, sagas } = document;
    const sources = [...messages, ...handlers, ...modules, ...sagas].map(({ source }) => source?.file);
    expect(new Set(sources)).toEqual(new Set(['test/e2e/wiring/document.spec.ts']));
  });

  it('names the module where two classes have one name, and numbers two modules of one name', async () => {
    const providers = [PlaceOrderHandler, Orders].map(() => {
      const { PlaceOrder: Twin } = { PlaceOrder: class PlaceOrder {} };
      @CommandHandler(Twin)
      class TwinHandler {
        execute() {}
      }
      return TwinHandler;
    });
    const modules = providers.map(provider => {
      @Module({ providers: [provider] })
      class TwinModule {}
      return TwinModule;
    });
    const { app } = await start({ imports: [CqrsModule.forRoot({ duplicates: 'warn' }), ...modules] });
    const { messages, handlers } = app.get(Wiring).document({ sources: false });
    expect([...messages, ...handlers].map(({ id }) => id)).toEqual([
      'command:PlaceOrder@TwinModule',
      'command:PlaceOrder@TwinModule#2',
      'TwinModule#2/TwinHandler',
      'TwinModule/TwinHandler',
    ]);
  });
});
