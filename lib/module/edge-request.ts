import type { ExecutionContext } from '@nestjs/common';
import type { HttpHeaders } from '../context/http-origin.js';

export interface EdgeRequest {
  /** Shared by calls of one request; undefined: each call is one. */
  readonly identity?: object | undefined;
  readonly headers: HttpHeaders;
  readonly response?: EdgeResponse | undefined;
}

/** Express or Fastify. */
export interface EdgeResponse {
  readonly headersSent?: boolean;
  header?(name: string, value: string): unknown;
}

interface AnyRequest {
  readonly headers?: object;
  /** Express. */
  readonly res?: EdgeResponse;
  /** `graphql-ws`: what opened the connection. */
  readonly extra?: { readonly request?: AnyRequest };
  readonly connectionParams?: unknown;
}

/** Apollo has `req`; others have other fields. */
interface GraphqlContext {
  readonly req?: AnyRequest;
  readonly request?: AnyRequest;
  readonly reply?: EdgeResponse & { readonly request?: AnyRequest };
  readonly res?: EdgeResponse;
  readonly extra?: AnyRequest['extra'];
}

/** `socket.io` has the handshake; a `ws` gateway may keep the request. */
interface SocketClient {
  readonly handshake?: AnyRequest & { readonly auth?: unknown };
  readonly request?: AnyRequest;
}

interface TransportContext {
  getHeaders?(): unknown; // NATS
  getMetadata?(): unknown; // TCP, Redis
  getMap?(): unknown; // gRPC
  getMessage?(): { readonly headers?: unknown; readonly properties?: { readonly headers?: unknown } }; // Kafka, RabbitMQ
  getPacket?(): { readonly properties?: { readonly userProperties?: unknown } }; // MQTT
}

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

/** Other libraries run handlers as `http`, without headers. */
const httpRequest = (request?: AnyRequest, response?: EdgeResponse): EdgeRequest | undefined =>
  request?.headers && { identity: request, headers: request.headers as HttpHeaders, response };

function graphqlRequest(args: readonly unknown[]): EdgeRequest {
  // Reference resolvers of a federation get reference, context, info.
  const given = args[args.length === 3 ? 1 : 2];
  const context: GraphqlContext = typeof given === 'object' && given !== null ? given : {};
  const request = context.req ?? context.request ?? context.reply?.request ?? (context as AnyRequest);
  const upgrade = request.extra?.request;
  const headers = {
    ...headersIn(request.headers ?? upgrade?.headers),
    ...headersIn(upgrade && request.connectionParams),
  };
  // Each operation of a connection is its own request.
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

function headersIn(carried: unknown): HttpHeaders {
  if (typeof carried !== 'object' || carried === null || Array.isArray(carried)) return {};
  const entries = Symbol.iterator in carried ? (carried as Iterable<[string, unknown]>) : Object.entries(carried);
  return Object.fromEntries([...entries].map(([name, value]) => [name.toLowerCase(), textIn(value)]));
}

/** Kafka and gRPC carry bytes, NATS lists. */
function textIn(value: unknown): string | undefined {
  if (Array.isArray(value)) return value.length === 1 ? textIn(value[0]) : undefined;
  if (Buffer.isBuffer(value)) return value.toString();
  return typeof value === 'string' ? value : undefined;
}
