import { setTimeout as delay } from 'node:timers/promises';
import { Logger } from '@nestjs/common';

const logger = new Logger('CqrsTransport');

/** Milliseconds between attempts. */
const PAUSE = 2000;

/**
 * The client of NATS gives up after its `maxReconnectAttempts`; Nest says nothing then, and the server would be deaf for
 * ever. Says so, and listens again once the broker is back.
 */
export class NatsReturn {
  private readonly closing = new AbortController();
  private watched: unknown;

  /** @param listen makes a new connection */
  constructor(
    private readonly name: string,
    private readonly server: { unwrap?(): unknown; close(): unknown },
    private readonly listen: () => Promise<void>,
    private readonly pause = PAUSE,
  ) {}

  async listenAndStay(): Promise<void> {
    await this.listen();
    this.watch();
  }

  /** Call when the server listens. */
  watch(): void {
    const connection = this.server.unwrap?.() as { closed?(): Promise<unknown> } | undefined;
    if (connection === this.watched) return;
    this.watched = connection;
    void connection?.closed?.().then(() => this.comeBack());
  }

  stop(): void {
    this.closing.abort();
  }

  private async comeBack(): Promise<void> {
    const { signal } = this.closing;
    if (signal.aborted) return;
    logger.error(
      `The server ${this.name} (nats) has given up its broker and gets no messages. It tries again every ${this.pause} ms.`,
    );
    while (!signal.aborted)
      try {
        await delay(this.pause, undefined, { ref: false, signal });
        await this.listenAndStay();
        if (signal.aborted) return void this.server.close();
        logger.log(`The server ${this.name} (nats) gets messages again.`);
        return;
      } catch {
        // The broker is still away, or the application closes.
      }
  }
}
