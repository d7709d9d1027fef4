import {
  ClientNats,
  ClientRedis,
  ClientRMQ,
  ClientTCP,
  ServerNats,
  ServerRedis,
  ServerRMQ,
  ServerTCP,
} from '@nestjs/microservices';
import type { RemoteServer, RemoteTransport } from 'nestjs-cqrs/extension';
import { microservice, microserviceServer } from 'nestjs-cqrs/microservices';

export type Engine = 'tcp' | 'nats' | 'rmq' | 'redis';

/** Where the client and the servers of a test meet. */
export interface Address {
  readonly engine: Engine;
  readonly host: string;
  readonly port: number;
  readonly url: string;
}

const SERVICE = 'conformance';

const rmq = ({ url }: Address) => ({ urls: [url], queue: SERVICE, queueOptions: { durable: false } });

const clients = {
  tcp: (address: Address) => new ClientTCP(address),
  nats: ({ url }: Address) => new ClientNats({ servers: [url] }),
  rmq: (address: Address) => new ClientRMQ(rmq(address)),
  redis: (address: Address) => new ClientRedis(address),
};

const servers = {
  tcp: (address: Address) => new ServerTCP(address),
  nats: ({ url }: Address) => new ServerNats({ servers: [url] }),
  rmq: (address: Address) => new ServerRMQ(rmq(address)),
  redis: (address: Address) => new ServerRedis(address),
};

export const clientOf = (address: Address): RemoteTransport => microservice(SERVICE, clients[address.engine](address));

export const serverOf = (address: Address): RemoteServer =>
  microserviceServer(SERVICE, servers[address.engine](address));
