import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { causeHere, enter, type Cause } from './cause.js';

interface Connected {
  readonly localPort?: number;
  readonly remotePort?: number;
}

/** A request of `node:http` that has been sent, and not been answered. */
interface ClientRequest {
  readonly socket?: Connected | null;
  once(event: 'close', ended: () => void): unknown;
}

const sent = new Map<ClientRequest, Cause>();
/** Of `fetch`, until their connection is known. */
const created = new WeakMap<object, Cause>();
/** Of `fetch`, by the port of the client. */
const byPort = new Map<number, Cause>();

/** Called where the request is made, or where it is sent. */
const onClient = (message: unknown): void => {
  const { request } = message as { readonly request: ClientRequest };
  const cause = causeHere();
  if (cause?.flow === undefined || sent.has(request)) return;
  sent.set(request, cause);
  request.once('close', () => sent.delete(request));
};

const onFetch = (message: unknown): void => {
  const cause = causeHere();
  if (cause?.flow !== undefined) created.set((message as { readonly request: object }).request, cause);
};

const onFetchSent = (message: unknown): void => {
  const { request, socket } = message as { readonly request: object; readonly socket: Connected };
  const cause = created.get(request);
  if (cause !== undefined && socket.localPort !== undefined) byPort.set(socket.localPort, cause);
};

/** A connection is used for requests of several flows: its asynchronous context says nothing. */
const onServer = (message: unknown): void => {
  const { remotePort } = (message as { readonly socket: Connected }).socket;
  const cause = causeOf(remotePort);
  if (cause !== causeHere()) enter(cause);
};

function causeOf(port: number | undefined): Cause | undefined {
  if (port === undefined) return undefined;
  const fetched = byPort.get(port);
  byPort.delete(port);
  if (fetched !== undefined) return fetched;
  for (const [request, cause] of sent) if (request.socket?.localPort === port) return cause;
  return undefined;
}

const CHANNELS: readonly (readonly [string, (message: unknown) => void])[] = [
  ['http.client.request.created', onClient],
  ['http.client.request.start', onClient],
  ['undici:request:create', onFetch],
  ['undici:client:sendHeaders', onFetchSent],
  ['http.server.request.start', onServer],
];

let watchers = 0;

/** Requests over HTTP from a flow to a server of this process belong to the flow. */
export function watchHttp(): () => void {
  if (watchers === 0) for (const [channel, heard] of CHANNELS) subscribe(channel, heard);
  watchers += 1;
  return () => {
    watchers -= 1;
    if (watchers > 0) return;
    for (const [channel, heard] of CHANNELS) unsubscribe(channel, heard);
    // Of requests to other processes, which no server here has got.
    byPort.clear();
  };
}
