/** One message as the process that handled it has logged it. */
export interface Span {
  readonly kind: string;
  readonly name: string;
  readonly handler: string;
  readonly messageId: string;
  readonly causationId?: string;
  readonly correlationId: string;
  /** When the handler began, in milliseconds since 1970. */
  readonly time: number;
}

interface Logged extends Span {
  readonly process: string;
}

/** Collects what all processes log, and prints which message caused which. */
export class TraceTree {
  private readonly byCorrelation = new Map<string, Logged[]>();

  /** @returns the span; undefined for another line of the log */
  add(process: string, line: string): Span | undefined {
    const span = spanOf(line);
    if (span === undefined) return undefined;
    const { correlationId } = span;
    this.byCorrelation.set(correlationId, [...(this.byCorrelation.get(correlationId) ?? []), { ...span, process }]);
    return span;
  }

  /** Removes the spans. */
  take(correlationId: string): string {
    const spans = (this.byCorrelation.get(correlationId) ?? []).toSorted((a, b) => a.time - b.time);
    this.byCorrelation.delete(correlationId);
    const ids = new Set(spans.map(({ messageId }) => messageId));
    const roots = spans.filter(({ causationId = '' }) => !ids.has(causationId));
    return [`request ${correlationId}`, ...branches(roots, spans)].join('\n');
  }
}

function spanOf(line: string): Span | undefined {
  if (!line.startsWith('{"kind":')) return undefined;
  return JSON.parse(line) as Span;
}

function branches(level: readonly Logged[], all: readonly Logged[]): string[] {
  return level.flatMap(({ kind, name, handler, messageId, process }, i) => {
    const [knee, trunk] = i === level.length - 1 ? ['└─ ', '   '] : ['├─ ', '│  '];
    const caused = all.filter(({ causationId }) => causationId === messageId);
    return [`${knee}${process}: ${kind} ${name} by ${handler}`, ...branches(caused, all).map(line => trunk + line)];
  });
}
