import {
  at,
  Command,
  CqrsModule,
  expose,
  header,
  Middleware,
  Query,
  route,
  StreamQuery,
  UseMiddleware,
  type CqrsMiddleware,
  type MiddlewareFunction,
  type Next,
} from 'nestjs-cqrs';
import type { RemoteServer, RemoteTransport } from 'nestjs-cqrs/extension';
import { microservice, microserviceServer } from 'nestjs-cqrs/microservices';
import { MemoryRemote } from 'nestjs-cqrs/testing';
import { ClientNats, ClientProxy, ClientRedis, ClientRMQ, ClientTCP } from '@nestjs/microservices';
import { ServerNats, ServerRedis, ServerRMQ, ServerTCP } from '@nestjs/microservices';

class Charge extends Command<{ id: string }> {
  constructor(readonly amount: number) {
    super();
  }
}
abstract class AnyInvoice extends Query<string> {}
class Sealed {
  private constructor() {}
  static create() {
    return new Sealed();
  }
}
class Lines extends StreamQuery<number> {}

const audit: MiddlewareFunction = (message, next) => next(message);

@Middleware({ at: ['send'] })
class Traced implements CqrsMiddleware {
  intercept(message: object, next: Next) {
    return next(message);
  }
}

@UseMiddleware(at(audit, 'send'), at(Traced, 'handle', 'store'), at(new Traced(), 'send'))
class Used extends Command {}

declare const injected: ClientProxy;
const remote = new MemoryRemote('billing');

const transports: RemoteTransport[] = [
  microservice('tcp', new ClientTCP({})),
  microservice('nats', new ClientNats({})),
  microservice('rmq', new ClientRMQ({})),
  microservice('redis', new ClientRedis({})),
  microservice('injected', injected),
  remote.transport(),
];

const servers: RemoteServer[] = [
  microserviceServer('tcp', new ServerTCP({}), { listen: false }),
  microserviceServer('nats', new ServerNats({})),
  microserviceServer('rmq', new ServerRMQ({})),
  microserviceServer('redis', new ServerRedis({})),
  remote.server(),
];

export const module = CqrsModule.forRoot({
  routes: transports.map(transport =>
    route('billing.*', Charge, AnyInvoice, Sealed, Lines).to(transport, { timeout: 1 }),
  ),
  expose: servers.map(server =>
    expose(Charge, AnyInvoice, Sealed, Lines, Used).on(server, {
      headers: ['tenant', header<string>('role')],
      failures: 'listed',
      lazy: true,
    }),
  ),
  middleware: [at(Traced, 'send')],
});
