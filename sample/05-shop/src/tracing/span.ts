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

export interface LoggedSpan extends Span {
  readonly process: string;
}

/** Lines of a tree: each message below the one that caused it. */
export function branches(spans: readonly LoggedSpan[]): string[] {
  const parents = new Map(spans.map(span => [span, parentOf(span, spans)]));
  const below = (parent: LoggedSpan | undefined): string[] => {
    const level = inOrder(spans.filter(span => parents.get(span) === parent));
    return level.flatMap((span, i) => {
      const [knee, trunk] = i === level.length - 1 ? ['└─ ', '   '] : ['├─ ', '│  '];
      const { process, kind, name, handler } = span;
      return [`${knee}${process}: ${kind} ${name} by ${handler}`, ...below(span).map(line => trunk + line)];
    });
  };
  return below(undefined);
}

/** An event has several handlers: the cause is the one in the same process. */
function parentOf({ causationId, process }: LoggedSpan, spans: readonly LoggedSpan[]): LoggedSpan | undefined {
  const causes = spans.filter(({ messageId }) => messageId === causationId);
  return causes.find(cause => cause.process === process) ?? causes[0];
}

/** By time; handlers of one event, which run at the same time, by the name of their process. */
function inOrder(spans: readonly LoggedSpan[]): LoggedSpan[] {
  const begin = ({ messageId }: LoggedSpan) =>
    Math.min(...spans.filter(span => span.messageId === messageId).map(({ time }) => time));
  return spans.toSorted((a, b) => begin(a) - begin(b) || a.process.localeCompare(b.process));
}
