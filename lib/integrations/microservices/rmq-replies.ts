/** Of `amqp-connection-manager`. */
interface Channel {
  sendToQueue(...given: unknown[]): Promise<unknown>;
}

/** How long confirmations of the broker are awaited, in milliseconds. */
const PATIENCE = 1000;

/**
 * Replies of a RabbitMQ server that the broker has not confirmed. Nest drops their promises, and its `close()` rejects
 * them: an unhandled rejection would end the process.
 */
export class RmqReplies {
  private readonly unconfirmed = new Set<Promise<unknown>>();
  private readonly watched = new WeakSet<object>();

  constructor(private readonly server: object) {}

  /** Call before a reply is sent. */
  watch(): void {
    const { channel } = this.server as { channel?: Channel | null };
    if (typeof channel?.sendToQueue !== 'function' || this.watched.has(channel)) return;
    this.watched.add(channel);
    const send = channel.sendToQueue.bind(channel);
    channel.sendToQueue = (...given) => {
      const sent = send(...given);
      const confirmed = sent.catch(() => undefined).finally(() => this.unconfirmed.delete(confirmed));
      this.unconfirmed.add(confirmed);
      return sent;
    };
  }

  async confirmed(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise(resolve => (timer = setTimeout(resolve, PATIENCE)));
    await Promise.race([Promise.all(this.unconfirmed), late]);
    clearTimeout(timer);
  }
}
