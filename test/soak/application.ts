import { setTimeout as delay } from 'node:timers/promises';
import { Inject, Injectable, Scope, type DynamicModule, type Type } from '@nestjs/common';
import { REQUEST } from '@nestjs/core';
import {
  CommandBus,
  CommandHandler,
  CqrsModule,
  EventBus,
  EventPublisher,
  EventsHandler,
  QueryBus,
  QueryHandler,
  UseMiddleware,
  type CqrsMiddleware,
  type CqrsModuleOptions,
  type MessageContext,
  type MiddlewareFunction,
  type Next,
} from 'nestjs-cqrs';
import { checks } from './checks.js';
import { faults } from './faults.js';
import {
  Invoice,
  Mail,
  Noted,
  Opened,
  Order,
  Place,
  Placed,
  Price,
  Reserve,
  Ship,
  Store,
  Wait,
  type OfRequest,
} from './messages.js';
import { Sagas } from './sagas.js';

/** Every tenth order fails in one of the handlers of its event. */
const FAILING = 10;

const watching: MiddlewareFunction = (message, next, context) => {
  checks.step(`middleware of ${context.kind}s`, message as unknown as OfRequest, context);
  return next(message);
};

@Injectable()
class WatchingClass implements CqrsMiddleware {
  async intercept(message: object, next: Next, context: MessageContext) {
    const result: unknown = await next(message);
    checks.step('middleware class, after the handler', message as OfRequest, context);
    return result;
  }
}

@Injectable({ scope: Scope.REQUEST })
class WatchingRequest implements CqrsMiddleware {
  constructor(@Inject(REQUEST) private readonly request: object) {}

  intercept(message: object, next: Next, context: MessageContext) {
    checks.step('request-scoped middleware', message as OfRequest, context);
    checks.request('request-scoped middleware', message as OfRequest, this.request);
    return next(message);
  }
}

/** Lives as long as its tenant. */
@Injectable({ scope: Scope.REQUEST, durable: true })
class TenantDatabase {
  constructor(@Inject(REQUEST) readonly request: { tenant: string }) {}
}

@CommandHandler(Reserve, { scope: Scope.REQUEST })
class ReserveHandler {
  constructor(@Inject(REQUEST) private readonly request: object) {}

  async execute(command: Reserve, context: MessageContext) {
    await delay(0);
    checks.step('request-scoped handler', command, context);
    checks.request('request-scoped handler', command, this.request);
  }
}

@CommandHandler(Store, { scope: Scope.REQUEST, durable: true })
class StoreHandler {
  constructor(private readonly database: TenantDatabase) {}

  execute(command: Store) {
    checks.step('durable handler', command);
    checks.request('durable handler', command, this.database.request);
  }
}

@EventsHandler(Placed, { scope: Scope.REQUEST })
class PlacedHandler {
  constructor(@Inject(REQUEST) private readonly request: object) {}

  handle(event: Placed, context: MessageContext) {
    checks.step('request-scoped event handler', event, context);
    checks.request('request-scoped event handler', event, this.request);
  }
}

/** The handlers of one application; what is nested hands the context on by itself unless the application propagates it. */
export function moduleOf(options: CqrsModuleOptions, controllers: Type[]): DynamicModule {
  const said = (context: MessageContext) => (options.propagateContext ? {} : { context });

  @Injectable()
  class Orders {
    constructor(
      private readonly commands: CommandBus,
      private readonly queries: QueryBus,
      private readonly events: EventBus,
      private readonly publisher: EventPublisher,
    ) {}

    @CommandHandler(Place)
    @UseMiddleware(WatchingRequest)
    async place(command: Place, context: MessageContext) {
      const { tenant, id, number } = command;
      checks.step('command handler', command, context);
      void this.events.publish(new Placed(tenant, id, number), said(context));
      checks.that((await this.queries.ask(new Price(tenant, id), said(context))) === tenant.length, () => 'price');
      checks.step('command handler, later', command, context);
      await this.commands.dispatch(new Reserve(tenant, id), said(context));
      await this.commands.dispatch(new Store(faults.tenantOf(command), id), said(context));
      if (options.propagateContext) await this.publisher.mergeObjectContext(new Order()).open(command).commit();
      await this.events.publish(new Noted(tenant, id, number), said(context));
      return tenant;
    }

    @QueryHandler(Price)
    async price(query: Price, context: MessageContext) {
      await delay(0);
      checks.step('query handler', query, context);
      return query.tenant.length;
    }

    @CommandHandler(Wait)
    async wait(command: Wait, context: MessageContext) {
      checks.step('handler that waits', command, context);
      await delay(5_000, undefined, { signal: context.signal });
    }

    @EventsHandler(Placed)
    placed(event: Placed, context: MessageContext) {
      checks.step('event handler', event, context);
      checks.count('Placed');
      void this.events.publish(new Noted(event.tenant, event.id, event.number), said(context));
    }

    @EventsHandler(Placed)
    async failing(event: Placed, context: MessageContext) {
      await delay(0);
      checks.step('event handler that fails', event, context);
      if (event.number % FAILING !== 0) return;
      checks.count('failures expected');
      throw new Error('every tenth');
    }

    @EventsHandler(Noted, Opened)
    async noted(event: Noted | Opened, context: MessageContext) {
      checks.count(event.constructor.name);
      checks.step('handler of a nested event', event, context);
      await delay(1);
      checks.step('handler of a nested event, later', event, context);
    }

    @CommandHandler(Ship)
    async ship(command: Ship, context: MessageContext) {
      await delay(1);
      checks.count('Ship');
      checks.step('command of a function saga', command, context);
    }

    @CommandHandler(Invoice)
    async invoice(command: Invoice, context: MessageContext) {
      await delay(1);
      checks.count('Invoice');
      checks.step('command of a generator saga', command, context);
    }

    @CommandHandler(Mail)
    mail(command: Mail, context: MessageContext) {
      checks.count('Mail');
      checks.step('command of an operator saga', command, context);
    }
  }

  const middleware = [watching, WatchingClass, faults.middleware];
  return {
    module: class SoakModule {},
    imports: [CqrsModule.forRoot({ ...options, middleware })],
    controllers,
    providers: [
      Orders,
      Sagas,
      ReserveHandler,
      StoreHandler,
      PlacedHandler,
      TenantDatabase,
      WatchingClass,
      WatchingRequest,
    ],
  };
}
