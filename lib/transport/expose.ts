import type { HeaderKey } from '../context/header.js';
import type { MessageType } from '../messages/message.js';
import type { ToldFailures } from './failure-data.js';
import type { RemoteServer } from './remote-transport.js';

/** What a process believes and tells of messages from outside. */
export interface ExposeOptions {
  /** Headers that are believed, by name or key; others are dropped. Default: all. */
  readonly headers?: readonly (string | HeaderKey<unknown>)[];
  /** `listed` tells only errors of the `messages` option, of validation, and of HTTP below 500. Default: `all`. */
  readonly failures?: ToldFailures;
  /** The handlers come with lazily loaded modules; until then messages are refused. Default: false. */
  readonly lazy?: boolean;
}

/** Messages that other processes may send to this one. Made by `expose()`. */
export class Exposure {
  constructor(
    readonly messages: readonly MessageType[],
    readonly server: RemoteServer,
    readonly options: ExposeOptions,
  ) {}
}

/**
 * Lets other processes send messages here: `expose(Charge, GetInvoice).on(server)`, in the option `expose`. Other
 * messages cannot be reached. Subclasses are exposed too.
 */
export const expose = (...messages: readonly MessageType[]) => ({
  on: (server: RemoteServer, options: ExposeOptions = {}): Exposure => new Exposure(messages, server, options),
});
