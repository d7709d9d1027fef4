import { eventsIn, type SentEvent } from '../../../test/support/server-sent-events.js';

/** An event as the browser gets it. */
export type LiveEvent = SentEvent;

/** Reads the server-sent events of the game: `next(n)` resolves to the n events that come next. */
export class LiveEvents {
  private readonly abort = new AbortController();
  private events!: AsyncGenerator<LiveEvent>;

  /** Resolves when the game has begun to send. */
  static async open(url: string): Promise<LiveEvents> {
    const live = new LiveEvents();
    const response = await fetch(`${url}/events`, { signal: live.abort.signal });
    live.events = eventsIn(response);
    return live;
  }

  async next(count: number): Promise<LiveEvent[]> {
    const events: LiveEvent[] = [];
    while (events.length < count) {
      const { value, done } = await this.events.next();
      if (done) throw new Error(`The game has ended after ${events.length} of ${count} events.`);
      events.push(value);
    }
    return events;
  }

  close(): void {
    this.abort.abort();
  }
}
