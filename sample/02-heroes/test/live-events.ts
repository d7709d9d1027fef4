/** An event as the browser gets it. */
export interface LiveEvent {
  readonly type: string;
  readonly data: unknown;
}

/** Reads the server-sent events of the game: `next(n)` resolves to the n events that come next. */
export class LiveEvents {
  private readonly abort = new AbortController();
  private events!: AsyncGenerator<LiveEvent>;

  /** Resolves when the game has begun to send. */
  static async open(url: string): Promise<LiveEvents> {
    const live = new LiveEvents();
    const response = await fetch(`${url}/events`, { signal: live.abort.signal });
    live.events = read(response.body!);
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

async function* read(body: ReadableStream<Uint8Array>): AsyncGenerator<LiveEvent> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of body) {
    text += decoder.decode(chunk, { stream: true });
    const blocks = text.split('\n\n');
    text = blocks.pop()!;
    for (const block of blocks) {
      const [, type] = /^event: (.*)$/m.exec(block) ?? [];
      const [, data] = /^data: (.*)$/m.exec(block) ?? [];
      if (type && data) yield { type, data: JSON.parse(data) as unknown };
    }
  }
}
