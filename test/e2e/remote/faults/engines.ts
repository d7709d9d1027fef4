import { ClientNats, ClientRMQ, ClientTCP, ServerNats, ServerRMQ, ServerTCP } from '@nestjs/microservices';

/** Brokers that are down are tried again soon, and for ever. */
const PATIENT = { maxReconnectAttempts: -1, reconnectTimeWait: 100, waitOnFirstConnect: true };
const RMQ = { queue: 'faults', queueOptions: { durable: false }, socketOptions: { reconnectTimeInSeconds: 1 } };

const tcp = (address: string) => {
  const [host = '', port = ''] = address.split(':');
  return { host, port: Number(port) };
};

/** @param address `host:port` for TCP, else the URL of the broker */
export function serverOf(engine: string, address: string) {
  if (engine === 'nats') return new ServerNats({ servers: [address], ...PATIENT });
  if (engine === 'rmq') return new ServerRMQ({ urls: [address], ...RMQ });
  return new ServerTCP(tcp(address));
}

/** @param address `host:port` for TCP, else the URL of the broker */
export function clientOf(engine: string, address: string) {
  if (engine === 'nats') return new ClientNats({ servers: [address], ...PATIENT });
  if (engine === 'rmq') return new ClientRMQ({ urls: [address], ...RMQ });
  return new ClientTCP(tcp(address));
}
