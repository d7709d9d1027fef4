import { CommandBus, RemoteUnavailableException } from 'nestjs-cqrs';
import { Add } from './messages.js';

/** What callers saw, and what handlers did. */
export class LoadCounts {
  sent = 0;
  answered = 0;
  failed = 0;
  readonly outcomes: Record<string, number> = {};
  /** Answers of other calls. */
  readonly wrong: unknown[] = [];
  /** Failures of another class. */
  readonly other: unknown[] = [];
  /** Handled more than once, and refused ones that were handled. */
  doubled = 0;
  private readonly refused = new Set<string>();

  get unanswered(): number {
    return this.sent - this.answered - this.failed;
  }

  async call(commands: CommandBus, id: string, takes: number): Promise<boolean> {
    this.sent += 1;
    try {
      const answer = await commands.execute(new Add(id, takes));
      this.answered += 1;
      if (answer.id !== id) this.wrong.push({ id, answer });
      return true;
    } catch (error) {
      this.failed += 1;
      if (error instanceof RemoteUnavailableException) this.count(id, error);
      else this.other.push(error);
      return false;
    }
  }

  private count(id: string, { outcome }: RemoteUnavailableException): void {
    this.outcomes[outcome] = (this.outcomes[outcome] ?? 0) + 1;
    if (outcome === 'not-handled') this.refused.add(id);
  }

  /** @param handled of the processes that can still be asked */
  checkHandled(handled: Readonly<Record<string, number>>): void {
    for (const [id, times] of Object.entries(handled)) {
      if (times > 1) this.doubled += 1;
      if (this.refused.has(id)) this.wrong.push(`${id} was handled, and called "not-handled"`);
    }
  }

  /** A row of the table of docs/reliability.md. */
  print(what: string): void {
    const { sent, answered, doubled, outcomes, unanswered } = this;
    const cells = [sent, answered, outcomes['not-handled'] ?? 0, outcomes['unknown'] ?? 0, unanswered, doubled];
    if (process.env['CQRS_COUNTS'] !== undefined) process.stdout.write(`| ${[what, ...cells].join(' | ')} |\n`);
  }
}

let loads = 0;

/** Keeps a number of calls in flight until it is stopped. */
export function underLoad(commands: CommandBus, counts: LoadCounts, inFlight: number, takes = 0) {
  const load = ++loads;
  const stopping = new AbortController();
  let last = 0;
  const caller = async () => {
    while (!stopping.signal.aborted) {
      const isAnswered = await counts.call(commands, `${load}-${++last}`, takes);
      // Failures may come at once; the process has other things to do.
      await new Promise(resolve => setTimeout(resolve, isAnswered ? 1 : 20));
    }
  };
  const callers = Array.from({ length: inFlight }, caller);
  return {
    async stop(): Promise<void> {
      stopping.abort();
      await Promise.all(callers);
    },
  };
}
