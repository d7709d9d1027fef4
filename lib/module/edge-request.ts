import type { ExecutionContext } from '@nestjs/common';
import type { HttpHeaders } from '../context/http-origin.js';

/** What brought a call from outside: its headers, and where the answer may have some. */
export interface EdgeRequest {
  /** Calls with the same identity are one request; undefined if each call is a request of its own. */
  readonly identity?: object | undefined;
  readonly headers: HttpHeaders;
  readonly response?: EdgeResponse | undefined;
}

/** The response of Express or Fastify. */
export interface EdgeResponse {
  readonly headersSent?: boolean;
  header?(name: string, value: string): unknown;
}

/** A request of Express, Fastify, Node or `graphql-ws`, as far as it is read here. */
interface AnyRequest {
  readonly headers?: object;
  /** Express: the response. */
  readonly res?: EdgeResponse;
  /** `graphql-ws`: the request that opened the connection, and what the client said then. */
  readonly extra?: { readonly request?: AnyRequest };
  readonly connectionParams?: unknown;
}

/** The context of a GraphQL operation. Apollo: `req`; custom functions and other servers: one of the others. */
interface GraphqlContext {
  readonly req?: AnyRequest;
  readonly request?: AnyRequest;
  readonly reply?: EdgeResponse & { readonly request?: AnyRequest };
  readonly res?: EdgeResponse;
  readonly extra?: AnyRequest['extra'];
}

/** A client of `socket.io` has the handshake; one of `ws` has the request only if a gateway keeps it there. */
interface SocketClient {
  readonly handshake?: AnyRequest & { readonly auth?: unknown };
  readonly request?: AnyRequest;
}

/** Where the transports of Nest keep the headers of a message. Redis and TCP: metadata of the packet. */
interface TransportContext {
  getHeaders?(): unknown; // NATS
  getMetadata?(): unknown; // TCP, Redis
  getMap?(): unknown; // gRPC
  getMessage?(): { readonly headers?: unknown; readonly properties?: { readonly headers?: unknown } }; // Kafka, RabbitMQ
  getPacket?(): { readonly properties?: { readonly userProperties?: unknown } }; // MQTT
}

/** The request behind a handler of any of Nest's edges; undefined for what is none of them. */
export function edgeRequestOf(context: ExecutionContext): EdgeRequest | undefined {
  switch (context.getType<string>()) {
    case 'http':
      return httpRequest(context.switchToHttp().getRequest(), context.switchToHttp().getResponse());
    case 'graphql':
      return graphqlRequest(context.getArgs<unknown[]>());
    case 'ws':
      return { headers: socketHeaders(context.switchToWs().getClient()) };
    case 'rpc':
      return { headers: transportHeaders(context.switchToRpc().getContext()) };
    default:
      return undefined;
  }
}

/** Others run their handlers as `http`, too: what has no headers is not a request. */
const httpRequest = (request?: AnyRequest, response?: EdgeResponse): EdgeRequest | undefined =>
  request?.headers && { identity: request, headers: request.headers as HttpHeaders, response };

function graphqlRequest(args: readonly unknown[]): EdgeRequest {
  // Resolvers of references in a federation have no arguments: reference, context, info.
  const given = args[args.length === 3 ? 1 : 2];
  const context: GraphqlContext = typeof given === 'object' && given !== null ? given : {};
  const request = context.req ?? context.request ?? context.reply?.request ?? (context as AnyRequest);
  const upgrade = request.extra?.request;
  const headers = {
    ...headersIn(request.headers ?? upgrade?.headers),
    ...headersIn(upgrade && request.connectionParams),
  };
  // A connection lives for many operations: each of them is a request of its own.
  const isConnection = upgrade !== undefined || headers['upgrade'] !== undefined || request.headers === undefined;
  if (isConnection) return { identity: context, headers };
  return { identity: request, headers, response: context.res ?? context.reply ?? request.res };
}

const socketHeaders = ({ handshake, request }: SocketClient = {}): HttpHeaders => ({
  ...headersIn((handshake ?? request)?.headers),
  ...headersIn(handshake?.auth),
});

function transportHeaders(context?: TransportContext): HttpHeaders {
  const message = context?.getMessage?.();
  return headersIn(
    context?.getHeaders?.() ??
      context?.getMetadata?.() ??
      context?.getMap?.() ??
      message?.headers ??
      message?.properties?.headers ??
      context?.getPacket?.()?.properties?.userProperties,
  );
}

/** Headers with names in lower case, from a plain object or from an iterable of names and values. */
function headersIn(carried: unknown): HttpHeaders {
  if (typeof carried !== 'object' || carried === null || Array.isArray(carried)) return {};
  const entries = Symbol.iterator in carried ? (carried as Iterable<[string, unknown]>) : Object.entries(carried);
  return Object.fromEntries([...entries].map(([name, value]) => [name.toLowerCase(), textIn(value)]));
}

/** Kafka and gRPC carry bytes, NATS a list for each name. */
function textIn(value: unknown): string | undefined {
  if (Array.isArray(value)) return value.length === 1 ? textIn(value[0]) : undefined;
  if (Buffer.isBuffer(value)) return value.toString();
  return typeof value === 'string' ? value : undefined;
}
