import type { UnsentReplies } from './unsent-replies.js';

/** Of `amqp-connection-manager`. */
interface Channel {
  sendToQueue(...given: unknown[]): Promise<unknown>;
}

/**
 * Adds each reply of a RabbitMQ server to the unsent ones until the broker has confirmed it. Nest drops their promises,
 * and its `close()` rejects them: an unhandled rejection would end the process.
 */
export class RmqConfirmations {
  private readonly watched = new WeakSet<object>();

  constructor(
    private readonly server: object,
    private readonly unsent: UnsentReplies,
  ) {}

  /** Call before a reply is sent. */
  watch(): void {
    const { channel } = this.server as { channel?: Channel | null };
    if (typeof channel?.sendToQueue !== 'function' || this.watched.has(channel)) return;
    this.watched.add(channel);
    const send = channel.sendToQueue.bind(channel);
    channel.sendToQueue = (...given) => {
      const sent = send(...given);
      this.unsent.add(sent);
      return sent;
    };
  }
}
