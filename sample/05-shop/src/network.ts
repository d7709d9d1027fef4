import { ClientNats, ClientTCP, ServerNats, ServerTCP } from '@nestjs/microservices';
import { route } from 'nestjs-cqrs';
import { microservice, microserviceServer } from 'nestjs-cqrs/microservices';
import { OrderPlaced } from './contracts/order.js';

// TCP needs no broker. NATS finds the services by itself, and any number of processes may share the work of one.

const { NATS_URL } = process.env;

const addressOf = (service: string) => ({
  host: '127.0.0.1',
  port: Number(process.env[`${service.toUpperCase()}_PORT`]),
});

const broker = { servers: [NATS_URL!] };

const serviceAt = (name: string) =>
  microservice(name, NATS_URL ? new ClientNats(broker) : new ClientTCP(addressOf(name)));

export const serverOf = (name: string) =>
  microserviceServer(name, NATS_URL ? new ServerNats(broker) : new ServerTCP(addressOf(name)));

// #region routes
/** The same in every process: a route by name yields to a handler of the process. */
export function routes() {
  const payment = serviceAt('payment');
  const shipping = serviceAt('shipping');
  return [
    route('payment.*').to(payment, { timeout: 2_000 }),
    route('shipping.*').to(shipping, { timeout: 2_000 }),
    // Stored, and sent until the other process has stored it too.
    route(OrderPlaced).to(payment, { timeout: 2_000, durable: true }),
    route(OrderPlaced).to(shipping, { timeout: 2_000, durable: true }),
  ];
}
// #endregion
