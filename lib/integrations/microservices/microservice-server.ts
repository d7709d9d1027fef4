import type { Socket } from 'node:net';
import { Logger } from '@nestjs/common';
import type { CustomTransportStrategy, Server } from '@nestjs/microservices';
import { tap } from 'rxjs';
import {
  CqrsException,
  type Endpoint,
  type RemoteFeatures,
  type RemoteServer,
  type ServingApplication,
} from '../../extension.js';
import { checkOptions, engineOf, type EngineOptions } from './engines.js';
import { NatsReturn } from './nats-return.js';
import { RmqConfirmations } from './rmq-confirmations.js';
import { UnsentReplies } from './unsent-replies.js';
import { watchWriting } from './watch-writing.js';
import { writeTogether } from './write-together.js';

const logger = new Logger('CqrsTransport');

/** After how many milliseconds a server that does not listen yet is told of. */
const DEAF = 10_000;

/** Options of `microserviceServer()`. */
export interface MicroserviceServerOptions extends EngineOptions {
  /**
   * Whether the module starts and closes the server. `false` for a server that is the `strategy` of
   * `createMicroservice` or `connectMicroservice`, beside controllers. Default: true.
   */
  readonly listen?: boolean;
}

/** Without its events, which differ. */
type AnyServer = Pick<Server, 'addHandler'> &
  Partial<Pick<Server, 'getHandlers' | 'getHandlerByPattern' | 'send' | 'unwrap'>> &
  Pick<CustomTransportStrategy, 'listen' | 'close'>;

/**
 * Takes messages in with a server of `@nestjs/microservices`, for `expose(…).on()`.
 * @param name of this service; several processes of one name share the load
 * @param server of TCP, NATS, RabbitMQ or Redis; of another engine with `features`
 * @throws CqrsException (code CQRS_UNKNOWN_TRANSPORT) for another server without `features`
 */
export const microserviceServer = (
  name: string,
  server: AnyServer,
  options: MicroserviceServerOptions = {},
): RemoteServer => new MicroserviceServer(name, server, options);

class MicroserviceServer implements RemoteServer {
  readonly engine: string;
  readonly features: RemoteFeatures;
  readonly listen: (() => Promise<void>) | undefined;
  readonly close: (() => Promise<void>) | undefined;
  private isServing = false;
  private deaf: NodeJS.Timeout | undefined;
  private readonly unsent = new UnsentReplies();
  private readonly rmqConfirmations: RmqConfirmations;
  private readonly natsReturn: NatsReturn;

  constructor(
    readonly name: string,
    private readonly server: AnyServer,
    { listen = true, ...engine }: MicroserviceServerOptions,
  ) {
    checkOptions(engine, ['engine', 'features', 'listen'], `microserviceServer('${name}', …)`);
    const known = engineOf(server, 'Server', engine);
    this.engine = known.engine;
    this.features = known.features;
    this.rmqConfirmations = new RmqConfirmations(server, this.unsent);
    watchWriting(server, this.unsent);
    if (!listen) this.refuseEarlyListen();
    this.natsReturn = new NatsReturn(name, server, () => listening(server));
    this.listen = listen ? () => this.listenToAll() : undefined;
    this.close = listen ? () => this.closeServer() : undefined;
  }

  serve(endpoints: readonly Endpoint[], application: ServingApplication): void {
    this.isServing = true;
    if (this.close === undefined) {
      this.drainBeforeClose(application);
      this.warnWhileDeaf();
    }
    for (const { pattern, to, handle } of endpoints)
      this.server.addHandler(
        pattern,
        async (data: unknown, context: unknown) => {
          this.rmqConfirmations.watch();
          const socket = socketOf(context);
          if (socket === undefined) return handle(data);
          return handle(data, disconnectionOf(socket)).pipe(tap(() => writeTogether(socket)));
        },
        to === 'each',
        to === 'one' ? { queue: this.name } : {},
      );
    findAtOnce(this.server);
  }

  private listenToAll(): Promise<void> {
    return this.engine === 'nats' ? this.natsReturn.listenAndStay() : listening(this.server);
  }

  private async closeServer(): Promise<void> {
    this.natsReturn.stop();
    await this.unsent.sent();
    await this.server.close();
  }

  /** Nest subscribes to the patterns that are there when it listens; in a hybrid application that may be too early. */
  private refuseEarlyListen(): void {
    const { server } = this;
    const listen = server.listen.bind(server);
    server.listen = (callback: (...given: unknown[]) => void) => {
      clearTimeout(this.deaf);
      if (this.isServing)
        return listen((...given: unknown[]) => {
          if (this.engine === 'nats' && !given[0]) this.natsReturn.watch();
          callback(...given);
        });
      return callback(
        new CqrsException({
          code: 'CQRS_LISTENS_TOO_EARLY',
          what: `The server ${this.name} listens before the application knows its handlers.`,
          where: `microserviceServer('${this.name}', …, { listen: false })`,
          remedy: 'Call await app.init() before app.startAllMicroservices().',
        }),
      );
    };
  }

  /** Messages would wait for ever, and nothing would fail here. */
  private warnWhileDeaf(): void {
    const warn = () =>
      logger.warn(
        `The server ${this.name} (${this.engine}) gets no messages: it does not listen, ${DEAF} ms after the application has begun to serve with it. Call app.startAllMicroservices() or app.listen(), or leave out listen: false.`,
      );
    this.deaf = setTimeout(warn, DEAF).unref();
  }

  /** Nest closes the server of a microservice before the application. */
  private drainBeforeClose({ drain }: ServingApplication): void {
    const { server } = this;
    const close = server.close.bind(server) as () => unknown;
    server.close = async () => {
      clearTimeout(this.deaf);
      this.natsReturn.stop();
      await drain();
      await new Promise(resolve => setImmediate(resolve));
      await this.unsent.sent();
      return close();
    };
  }
}

const listening = (server: AnyServer): Promise<void> =>
  new Promise((resolve, reject) => {
    const listened: unknown = server.listen((error?: unknown) => (error ? reject(error as Error) : resolve()));
    if (listened instanceof Promise) listened.catch(reject);
  });

/** perf: Nest parses each pattern as JSON first, and the error of that costs 4 µs, a tenth of a received call. */
function findAtOnce(server: AnyServer): void {
  const { getHandlers, getHandlerByPattern } = server;
  if (getHandlers === undefined || getHandlerByPattern === undefined) return;
  server.getHandlerByPattern = pattern =>
    getHandlers.call(server).get(pattern) ?? getHandlerByPattern.call(server, pattern);
}

/** The socket of a call over TCP. */
function socketOf(context: unknown): Socket | undefined {
  const reference = (context as { getSocketRef?: () => { netSocket?: Socket; socket?: Socket } }).getSocketRef?.();
  return reference?.netSocket ?? reference?.socket;
}

/** One listener for each socket, however many requests it brings. */
const disconnections = new WeakMap<object, AbortSignal>();

/** TCP alone tells that a caller is gone. */
function disconnectionOf(socket: Socket): AbortSignal {
  const known = disconnections.get(socket);
  if (known !== undefined) return known;
  const gone = new AbortController();
  disconnections.set(socket, gone.signal);
  // Small replies would wait for the acknowledgement of the one before.
  socket.setNoDelay(true);
  socket.once('close', () => gone.abort(new Error('The caller is gone')));
  return gone.signal;
}
