import type { ReadableSpan, SpanProcessor } from '@opentelemetry/sdk-trace-base';

interface Seen {
  readonly span: ReadableSpan;
  readonly begin: number;
  end: number;
}

/** Draws a trace. Its clock counts what begins and ends, so that each run draws the same. */
export class TracePicture implements SpanProcessor {
  private readonly seen: Seen[] = [];
  private time = 0;

  onStart(span: unknown): void {
    this.seen.push({ span: span as ReadableSpan, begin: this.time++, end: 0 });
  }

  onEnd(span: ReadableSpan): void {
    this.seen.find(one => one.span.spanContext().spanId === span.spanContext().spanId)!.end = this.time++;
  }

  forceFlush(): Promise<void> {
    return Promise.resolve();
  }

  shutdown(): Promise<void> {
    return Promise.resolve();
  }

  /** @param label what else is told of a span */
  draw(label: (span: ReadableSpan) => string): string {
    const rows = this.below(undefined, '').map(({ depth, seen }) => ({
      name: `${depth}${seen.span.name}`,
      label: label(seen.span),
      bar: `${' '.repeat(seen.begin)}${'▇'.repeat(seen.end - seen.begin + 1)}`,
    }));
    const width = (of: 'name' | 'label') => Math.max(...rows.map(row => row[of].length)) + 2;
    return rows.map(row => `${row.name.padEnd(width('name'))}${row.label.padEnd(width('label'))}${row.bar}\n`).join('');
  }

  private below(parent: string | undefined, depth: string): { depth: string; seen: Seen }[] {
    return this.seen
      .filter(({ span }) => span.parentSpanContext?.spanId === parent)
      .flatMap(seen => [{ depth, seen }, ...this.below(seen.span.spanContext().spanId, `${depth}  `)]);
  }
}
