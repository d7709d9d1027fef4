import type { HandlerInvoker } from '../handlers/handler-invoker.js';
import type { MessageCatalog } from '../envelope/message-catalog.js';
import { messageIdentity } from '../envelope/message.decorator.js';
import { CqrsException } from '../errors/cqrs.exception.js';
import { lineage, nameOf } from '../messages/inspect-message.js';
import { StreamQuery, type MessageKind, type MessageType } from '../messages/message.js';
import { nearNames } from '../options/near-names.js';
import { RemoteInvoker } from './remote-invoker.js';
import type { RemoteFeatures, RemoteTransport } from './remote-transport.js';
import type { MessageRoute } from './route.js';

/** Default of `RouteOptions.timeout`, in milliseconds. */
const TIMEOUT = 5000;

/** One message, or one pattern of names, and where it goes. */
export interface SingleRoute {
  readonly message: MessageType | string;
  readonly transport: RemoteTransport;
  readonly timeout: number;
  /** Events are stored, and sent until they are taken. */
  readonly isDurable: boolean;
}

/** The routes of an application, as its buses ask for them. */
export class RouteTable {
  private readonly routes: readonly SingleRoute[];
  private readonly relays = new Map<RemoteTransport, HandlerInvoker>();
  private readonly invokers = new Map<MessageKind, Map<MessageType, Map<SingleRoute, HandlerInvoker>>>();

  /** @param leadsHere whether this process exposes the event on a server of that name */
  constructor(
    given: readonly MessageRoute[],
    private readonly catalog: MessageCatalog,
    private readonly leadsHere: (type: MessageType, transport: RemoteTransport) => boolean,
  ) {
    this.routes = given.flatMap(({ messages, transport, options }) =>
      messages.map(message => ({
        message,
        transport,
        timeout: options.timeout ?? TIMEOUT,
        isDurable: options.durable === true,
      })),
    );
  }

  get all(): readonly SingleRoute[] {
    return this.routes;
  }

  /** Whether a route names the class, an ancestor or its name. */
  has(type: MessageType): boolean {
    return lineage(type).some(ancestor => this.routes.some(({ message }) => fits(message, ancestor)));
  }

  /** The routes of exactly this class. */
  ofClass(type: MessageType, kind: MessageKind): HandlerInvoker | undefined {
    return this.only(
      this.routes.filter(({ message }) => message === type),
      type,
      kind,
    );
  }

  /** The routes of its name, or of the name of its nearest ancestor that has one. */
  ofName(type: MessageType, kind: MessageKind): HandlerInvoker | undefined {
    for (const ancestor of lineage(type)) {
      const found = this.routes.filter(({ message }) => typeof message === 'string' && fits(message, ancestor));
      if (found.length > 0) return this.only(found, type, kind);
    }
    return undefined;
  }

  /**
   * Stores events of durable routes.
   * @param relayTo called once for each process that such routes name; `remoteOf` gives what sends an event there
   */
  relayBy(relayTo: (service: string, remoteOf: (type: MessageType) => HandlerInvoker) => HandlerInvoker): void {
    for (const { transport, isDurable } of this.routes)
      if (isDurable && !this.relays.has(transport))
        this.relays.set(
          transport,
          relayTo(transport.name, type => this.sending(type, transport)),
        );
  }

  /** An event goes to each process that a route names. */
  ofEvent(type: MessageType): HandlerInvoker[] {
    return this.routesOfEvent(type).map(([route, named]) => {
      const relay = route.isDurable ? this.relays.get(route.transport) : undefined;
      return relay ?? this.invoker(route, named, 'event');
    });
  }

  /** A relay sends what was stored, also where the routes have changed since. */
  private sending(type: MessageType, transport: RemoteTransport): HandlerInvoker {
    const found = this.routesOfEvent(type).find(([route]) => route.transport === transport);
    const [route, named] = found ?? [this.routes.find(each => each.transport === transport)!, type];
    return this.invoker(route, named, 'event');
  }

  /** The nearest route to each process, with the class that it names. */
  private routesOfEvent(type: MessageType): (readonly [SingleRoute, MessageType])[] {
    const byTransport = new Map<RemoteTransport, readonly [SingleRoute, MessageType]>();
    for (const ancestor of lineage(type))
      for (const route of this.routes) {
        const { message, transport } = route;
        if (!fits(message, ancestor) || byTransport.has(transport) || this.leadsHere(type, transport)) continue;
        byTransport.set(transport, [route, typeof message === 'string' ? type : ancestor]);
      }
    return [...byTransport.values()];
  }

  /** Says which routes there are for a message without handler, names that resemble its own first. */
  nearMiss(type: MessageType): string {
    const { name } = messageIdentity(type);
    const names = this.routes.map(({ message }) =>
      typeof message === 'string' ? message : messageIdentity(message).name,
    );
    const near = nearNames(name, names);
    const shown = near.length > 0 ? near : names.slice(0, 3);
    return `No route matches "${name}"; there are routes for ${shown.join(', ')}.`;
  }

  private only(routes: readonly SingleRoute[], type: MessageType, kind: MessageKind): HandlerInvoker | undefined {
    const [route, other] = routes;
    if (route === undefined) return undefined;
    if (other !== undefined && other.transport !== route.transport) throw twice(type, route, other);
    const { features } = route.transport;
    if (kind === 'command' && !features.sharesLoad) throw runsEverywhere(type, route.transport);
    if (lineage(type).includes(StreamQuery) && !carriesRows(features)) throw withoutRows(type, route.transport);
    return this.invoker(route, type, kind);
  }

  /** One for each, since pipelines compare them. */
  private invoker(route: SingleRoute, type: MessageType, kind: MessageKind): HandlerInvoker {
    const ofKind = this.invokers.get(kind) ?? new Map<MessageType, Map<SingleRoute, HandlerInvoker>>();
    const ofType = ofKind.get(type) ?? new Map<SingleRoute, HandlerInvoker>();
    const invoker = ofType.get(route) ?? new RemoteInvoker(route.transport, kind, type, this.catalog, route.timeout);
    this.invokers.set(kind, ofKind.set(type, ofType.set(route, invoker)));
    return invoker;
  }
}

const fits = (message: MessageType | string, type: MessageType): boolean =>
  typeof message === 'string' ? matches(message, messageIdentity(type).name) : message === type;

/** `*` stands for any characters. */
export const matches = (pattern: string, name: string): boolean =>
  new RegExp(`^${pattern.split('*').map(escaped).join('.*')}$`, 's').test(name);

const escaped = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');

export const twice = (type: MessageType | string, one: SingleRoute, other: SingleRoute): CqrsException =>
  new CqrsException({
    code: 'CQRS_ROUTE_TWICE',
    what: `Two routes lead "${shown(type)}" away: to ${one.transport.name}, and to ${other.transport.name}.`,
    where: 'the routes of CqrsModule.forRoot()',
    remedy: 'Keep one of them. Only an event may go to several processes.',
  });

export const runsEverywhere = (
  type: MessageType | string,
  { name, engine }: Pick<RemoteTransport, 'name' | 'engine'>,
) =>
  new CqrsException({
    code: 'CQRS_TRANSPORT_RUNS_EVERYWHERE',
    what: `The transport ${name} (${engine}) gives "${shown(type)}" to every server: with two of them the command would run twice.`,
    where: name,
    remedy: 'Send commands over a transport that shares the load, such as TCP, NATS or RabbitMQ.',
  });

/** Without shared load every server would send its rows, and the first one that ends would end them all. */
export const carriesRows = ({ sharesLoad, manyReplies, addressable }: RemoteFeatures): boolean =>
  sharesLoad && manyReplies && addressable;

export const withoutRows = (type: MessageType | string, { name, engine }: Pick<RemoteTransport, 'name' | 'engine'>) =>
  new CqrsException({
    code: 'CQRS_TRANSPORT_WITHOUT_ROWS',
    what: `The transport ${name} (${engine}) cannot carry rows that the reader slows down, those of "${shown(type)}".`,
    where: name,
    remedy: 'Ask it over a transport that can, such as TCP or NATS, or answer with pages: a Query with an offset.',
  });

const shown = (type: MessageType | string): string => (typeof type === 'string' ? type : nameOf(type));
