import { Inject, Injectable } from '@nestjs/common';
import { CommandBus } from '../buses/command-bus.js';
import { QueryBus } from '../buses/query-bus.js';
import type { Routes } from '../buses/routes.js';
import { MessageCatalog } from '../envelope/message-catalog.js';
import { CqrsException } from '../errors/cqrs.exception.js';
import { textOf } from '../dispatch/failures.js';
import type { DispatchOptions } from '../context/message-context.js';
import { EventBus } from '../events/event-bus.js';
import type { WiringEntry } from '../introspection/wiring-entry.js';
import { isClass, lineage } from '../messages/inspect-message.js';
import type { MessageType } from '../messages/message.js';
import type { Received } from '../pipeline/probe.js';
import type { ReceivingBuses } from '../transport/received-call.js';
import { Receiver, type ExposedType } from '../transport/receiver.js';
import type { RemoteServer, RemoteTransport } from '../transport/remote-transport.js';
import { RouteTable, type SingleRoute } from '../transport/route-table.js';
import { ApplicationBuses } from './application-buses.js';
import { ApplicationOptions } from './application-options.js';
import type { CheckedHandler } from './handler-checks.js';
import { exposedTypes, routeProblems, targetProblems, type ExposureSurroundings } from './transport-checks.js';
import type { KindOfProblem } from './wiring-exception.js';

/** Routes and exposures of the application: checks them, and starts and ends what carries the messages. */
@Injectable()
export class ApplicationTransports {
  private readonly exposed: readonly MessageType[];
  private readonly table: RouteTable | undefined;
  private readonly receivers = new Map<RemoteServer, Receiver[]>();
  private isPrepared = false;
  private listening: Promise<void> | undefined;

  constructor(
    @Inject(ApplicationBuses) private readonly buses: ApplicationBuses,
    @Inject(MessageCatalog) private readonly catalog: MessageCatalog,
    @Inject(ApplicationOptions) private readonly options: ApplicationOptions,
  ) {
    const { routes, expose } = options.complete;
    this.exposed = expose.flatMap(({ messages }) => messages);
    if (routes.length > 0) this.table = new RouteTable(routes, catalog, (type, { name }) => this.isExposed(type, name));
  }

  /** Events of durable routes are stored by a relay to each process. */
  relayBy(relayTo: Parameters<RouteTable['relayBy']>[0]): void {
    this.table?.relayBy(relayTo);
  }

  /** Undefined without routes, so that buses ask nothing. */
  get routes(): Routes | undefined {
    return this.table;
  }

  /** Each message, or pattern of names, and where it goes. */
  get singleRoutes(): readonly SingleRoute[] {
    return this.table?.all ?? [];
  }

  /** Classes that routes and exposures name, for the catalog. */
  get types(): MessageType[] {
    const routed = this.options.complete.routes.flatMap(({ messages }) => messages);
    return [...new Set([...routed, ...this.exposed])].filter(isClass);
  }

  isRouted(type: MessageType): boolean {
    return this.table?.has(type) === true;
  }

  nearMiss(type: MessageType): string | undefined {
    return this.table?.nearMiss(type);
  }

  /**
   * @param handlers all of the application
   * @returns gives the endpoints to the servers
   */
  prepare(
    handlers: readonly CheckedHandler[],
    surroundings: ExposureSurroundings,
    problems: KindOfProblem[],
  ): () => void {
    const { routes, expose } = this.options.complete;
    const ofTargets = this.isPrepared ? [] : targetProblems(routes, expose);
    problems.push(...ofTargets);
    if (ofTargets.length > 0) return () => undefined;
    problems.push(...routeProblems(this.singleRoutes, handlers));
    if (this.isPrepared) return () => undefined;
    for (const exposure of expose)
      this.add(exposure.server, exposedTypes(exposure, handlers, surroundings, problems), exposure.options);
    return () => {
      this.isPrepared = true;
      for (const [server, receivers] of this.receivers)
        server.serve(
          receivers.flatMap(receiver => receiver.endpoints()),
          { drain: () => this.drain() },
        );
    };
  }

  /** Call after startup: a message may come at once. */
  listen(): Promise<void> {
    return (this.listening ??= this.listenAll());
  }

  stopIntake(): void {
    for (const receiver of [...this.receivers.values()].flat()) receiver.stopIntake();
  }

  /** Call when everything has ended; replies that are on their way go first. */
  async close(): Promise<void> {
    const { routes } = this.options.complete;
    const transports = new Set<RemoteServer | RemoteTransport>([
      ...this.receivers.keys(),
      ...routes.map(({ transport }) => transport),
    ]);
    if (transports.size === 0) return;
    await new Promise(resolve => setImmediate(resolve));
    await Promise.allSettled(Array.from(transports, async transport => transport.close?.()));
  }

  entriesOf(describe: (type: MessageType | string, transport: RemoteTransport) => WiringEntry): WiringEntry[] {
    return this.singleRoutes.map(({ message, transport }) => describe(message, transport));
  }

  /** Servers that expose a class or one of its ancestors, as `billing (tcp)`. */
  exposing(type: MessageType): string[] {
    return this.options.complete.expose
      .filter(({ messages }) => lineage(type).some(ancestor => messages.includes(ancestor)))
      .map(({ server }) => `${server.name} (${server.engine})`);
  }

  private add(server: RemoteServer, types: readonly ExposedType[], options: ConstructorParameters<typeof Receiver>[2]) {
    const { runningWork } = this.buses;
    const receiver = new Receiver(server.name, types, options, this.catalog, this.receivingBuses(), runningWork);
    this.receivers.set(server, [...(this.receivers.get(server) ?? []), receiver]);
  }

  private receivingBuses(): ReceivingBuses {
    const { buses } = this;
    return {
      dispatch: (kind, message, options) => {
        const dispatch = (): Promise<unknown> => {
          if (kind === 'event') return bus(buses.first(EventBus)).publish(message, options);
          return kind === 'command'
            ? bus(buses.first(CommandBus)).execute(message, options)
            : bus(buses.first(QueryBus)).execute(message, options);
        };
        return buses.probes.during('receives', receivedFrom(message, options), dispatch);
      },
      stream: (query, options) => {
        const ask = () => bus(buses.first(QueryBus)).stream<unknown>(query as never, options);
        return buses.probes.duringRows('receives', receivedFrom(query, options), ask);
      },
    };
  }

  private async drain(): Promise<void> {
    this.stopIntake();
    await this.buses.runningWork.drain(this.options.complete.shutdown.timeout);
  }

  private async listenAll(): Promise<void> {
    const listening: RemoteServer[] = [];
    for (const server of this.receivers.keys())
      try {
        await server.listen?.();
        listening.push(server);
      } catch (error) {
        await Promise.allSettled(listening.map(async other => other.close?.()));
        throw cannotListen(server, error);
      }
  }

  private isExposed(type: MessageType, service: string): boolean {
    const line = lineage(type);
    return this.options.complete.expose.some(
      ({ server, messages }) => server.name === service && line.some(ancestor => messages.includes(ancestor)),
    );
  }
}

const receivedFrom = (message: object, { headers = {} }: DispatchOptions): Received => ({
  from: 'remote',
  message,
  headers,
});

function bus<T>(found: T | undefined): T {
  if (found === undefined) throw new TypeError('The application has no such bus.');
  return found;
}

const cannotListen = ({ name, engine }: RemoteServer, cause: unknown): CqrsException =>
  new CqrsException({
    code: 'CQRS_CANNOT_LISTEN',
    what: `The server ${name} (${engine}) does not listen: ${textOf(cause)}.`,
    where: `expose(…).on(${name})`,
    remedy: 'Free its address, or start the broker that it needs.',
    cause,
  });
