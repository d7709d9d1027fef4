import { AsyncResource } from 'node:async_hooks';
import type { Socket } from 'node:net';
import type { ClientProxy } from '@nestjs/microservices';
import { lastValueFrom, Observable } from 'rxjs';
import {
  TransportException,
  type ControlFrame,
  type RemoteFeatures,
  type RemoteTransport,
  type ReplyFrame,
  type RequestFrame,
} from '../../extension.js';
import { checkOptions, engineOf, type EngineOptions } from './engines.js';
import { handleRejections } from './redis-rejections.js';
import { writeTogether } from './write-together.js';

/** Options of `microservice()`. */
export type MicroserviceOptions = EngineOptions;

/** Without its events, which differ. */
type AnyClient = Pick<ClientProxy, 'connect' | 'send' | 'emit' | 'close' | 'unwrap'>;

/**
 * Sends messages over a client of `@nestjs/microservices`, for `route(…).to()`. The client connects at the first
 * message, and is closed with the application.
 * @param name of the service that answers, as errors and the wiring show it
 * @param client of TCP, NATS, RabbitMQ or Redis; of another engine with `features`
 * @throws CqrsException (code CQRS_UNKNOWN_TRANSPORT) for another client without `features`
 */
export const microservice = (name: string, client: AnyClient, options: MicroserviceOptions = {}): RemoteTransport =>
  new MicroserviceTransport(name, client, options);

class MicroserviceTransport implements RemoteTransport {
  readonly engine: string;
  readonly features: RemoteFeatures;
  private connecting: Promise<void> | undefined;
  /** A connection outlives its first caller, and must not hold what that has in an `AsyncLocalStorage`. */
  private readonly outside = new AsyncResource('CQRS', { requireManualDestroy: true });
  /** Of TCP. */
  private socket: Socket | undefined;

  constructor(
    readonly name: string,
    private readonly client: AnyClient,
    options: MicroserviceOptions,
  ) {
    checkOptions(options, ['engine', 'features'], `microservice('${name}', …)`);
    const { engine, features } = engineOf(client, 'Client', options);
    this.engine = engine;
    this.features = features;
  }

  request(pattern: string, frame: RequestFrame): Observable<ReplyFrame> {
    return new Observable(subscriber => {
      let isLeft = false;
      const send = () => {
        if (isLeft) return;
        if (this.socket !== undefined) writeTogether(this.socket);
        const replies = this.client.send<ReplyFrame>(pattern, frame).subscribe({
          next: reply => subscriber.next(reply),
          error: error => subscriber.error(lost(error)),
          complete: () => subscriber.complete(),
        });
        subscriber.add(replies);
      };
      if (this.socket?.writable === true) send();
      else this.connected().then(send, error => subscriber.error(error));
      return () => (isLeft = true);
    });
  }

  async emit(pattern: string, frame: ControlFrame): Promise<void> {
    await this.connected();
    await lastValueFrom(this.client.emit(pattern, frame), { defaultValue: undefined });
  }

  async close(): Promise<void> {
    await this.client.close();
  }

  /** Callers share an attempt. */
  private connected(): Promise<void> {
    return (this.connecting ??= this.connect().finally(() => (this.connecting = undefined)));
  }

  private async connect(): Promise<void> {
    try {
      await this.outside.runInAsyncScope(() => this.client.connect());
      if (this.engine === 'tcp') this.socket = socketOf(this.client);
      if (this.engine === 'redis') handleRejections(this.client.unwrap());
    } catch (error) {
      // ClientTCP keeps the promise of a failed connection.
      if (this.engine === 'tcp') await this.client.close();
      throw new TransportException('not-handled', `cannot be reached (${reasonOf(error)})`, error);
    }
  }
}

/** Small requests would wait for the acknowledgement of the one before. */
const socketOf = (client: AnyClient): Socket | undefined =>
  client.unwrap<Partial<Socket> | undefined>()?.setNoDelay?.(true);

const NO_HANDLER = 'no matching message handler';

/** Of NATS. */
const NO_SUBSCRIBER = 'no subscribers listening';

/** What Nest says when a request was sent. */
function lost(error: unknown): TransportException {
  const reason = reasonOf(error);
  if (reason.includes(NO_HANDLER))
    return new TransportException('not-handled', 'does not expose it', error, 'Name it in expose(…) there.');
  if (reason.includes(NO_SUBSCRIBER))
    return new TransportException('not-handled', 'does not expose it, or no process of it is there', error);
  return new TransportException('unknown', `lost the connection (${reason})`, error);
}

function reasonOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') return reasonOf(error.errors[0]);
  const said: unknown = typeof error === 'object' && error !== null && 'message' in error ? error.message : error;
  // What a server sends may be anything; String() could throw.
  return typeof said === 'string' ? said : typeof said;
}
