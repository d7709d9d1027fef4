/** How long they are awaited, in milliseconds. */
const PATIENCE = 1000;

/** Replies of a server that the broker has not taken: one that closes would drop them. */
export class UnsentReplies {
  private readonly unsent = new Set<Promise<unknown>>();

  /** @param reply settles when the broker has it, or never will */
  add(reply: Promise<unknown>): void {
    const settled = reply.catch(() => undefined).finally(() => this.unsent.delete(settled));
    this.unsent.add(settled);
  }

  async sent(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise(resolve => (timer = setTimeout(resolve, PATIENCE)));
    await Promise.race([this.settled(), late]);
    clearTimeout(timer);
  }

  /** One that settles may bring the next. */
  private async settled(): Promise<void> {
    while (this.unsent.size > 0) await Promise.all(this.unsent);
  }
}
