import { branches, type LoggedSpan, type Span } from './span.js';

/** Milliseconds without a new message before a request is printed. */
const QUIET = 300;

/** How many requests are remembered. */
const LIMIT = 100;

/** Collects what all processes log, and prints which message caused which. */
export class TraceTree {
  private readonly byCorrelation = new Map<string, LoggedSpan[]>();
  private readonly timers = new Map<string, NodeJS.Timeout>();

  constructor(private readonly print: (text: string) => void) {}

  /** @returns false for another line of the log */
  add(process: string, line: string): boolean {
    const span = spanOf(line);
    if (span === undefined) return false;
    const { correlationId } = span;
    this.byCorrelation.set(correlationId, [...(this.byCorrelation.get(correlationId) ?? []), { ...span, process }]);
    this.forgetOldest();
    this.printWhenQuiet(correlationId);
    return true;
  }

  /** The whole tree once more when it grows: durable messages may come much later. */
  private printWhenQuiet(correlationId: string): void {
    clearTimeout(this.timers.get(correlationId));
    const timer = setTimeout(() => {
      this.timers.delete(correlationId);
      this.print(this.text(correlationId));
    }, QUIET);
    this.timers.set(correlationId, timer);
  }

  private text(correlationId: string): string {
    return [`request ${correlationId}`, ...branches(this.byCorrelation.get(correlationId) ?? [])].join('\n');
  }

  private forgetOldest(): void {
    const [oldest] = this.byCorrelation.keys();
    if (this.byCorrelation.size > LIMIT && !this.timers.has(oldest!)) this.byCorrelation.delete(oldest!);
  }
}

function spanOf(line: string): Span | undefined {
  if (!line.startsWith('{"kind":')) return undefined;
  return JSON.parse(line) as Span;
}
