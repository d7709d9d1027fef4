import type { MessageType } from '../messages/message.js';
import type { RemoteTransport } from './remote-transport.js';

/** How a message is sent. */
export interface RouteOptions {
  /** How long an answer is awaited unless the dispatch has a nearer limit, in milliseconds. Default: 5,000. */
  readonly timeout?: number;
  /**
   * Events are stored here, and sent again and again until the other process has taken them; needs the module option
   * `durable`. Commands and queries are sent at once as ever. Default: false.
   */
  readonly durable?: boolean;
}

/** Messages that another process handles. Made by `route()`. */
export class MessageRoute {
  constructor(
    readonly messages: readonly (MessageType | string)[],
    readonly transport: RemoteTransport,
    readonly options: RouteOptions,
  ) {}
}

/**
 * Says which messages another process handles: `route('billing.*').to(billing)`, in the option `routes`.
 * @param messages classes, with their subclasses; or names of `@Message`, where `*` stands for any characters. Names
 *   yield to a handler of this process.
 */
export const route = (...messages: readonly (MessageType | string)[]) => ({
  to: (transport: RemoteTransport, options: RouteOptions = {}): MessageRoute =>
    new MessageRoute(messages, transport, options),
});
