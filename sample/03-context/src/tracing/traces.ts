import { Injectable } from '@nestjs/common';
import type { MessageContext } from 'nestjs-cqrs';

interface Span {
  readonly context: MessageContext;
  readonly duration: number;
}

/** Keeps which dispatches ran for each correlation, and prints who caused whom. */
@Injectable()
export class Traces {
  private readonly byCorrelation = new Map<string, Span[]>();

  add(context: MessageContext, duration: number): void {
    const { correlationId } = context;
    this.byCorrelation.set(correlationId, [...(this.byCorrelation.get(correlationId) ?? []), { context, duration }]);
  }

  /** The tree of one request: each line is caused by the one that it hangs from. */
  tree(correlationId: string): string {
    const spans = (this.byCorrelation.get(correlationId) ?? []).toSorted((a, b) =>
      a.context.messageId.localeCompare(b.context.messageId),
    );
    const ids = new Set(spans.map(({ context }) => context.messageId));
    const roots = spans.filter(({ context }) => !ids.has(context.causationId ?? ''));
    return [`request ${correlationId}`, ...branches(roots, spans)].join('\n');
  }
}

function branches(level: readonly Span[], all: readonly Span[]): string[] {
  return level.flatMap(({ context, duration }, i) => {
    const [knee, trunk] = i === level.length - 1 ? ['└─ ', '   '] : ['├─ ', '│  '];
    const text = `${context.kind} ${context.type.name} by ${context.handler.name}, ${duration.toFixed(1)} ms`;
    const caused = all.filter(other => other.context.causationId === context.messageId);
    // An event has one identifier and several handlers: what it caused hangs from the last of them.
    const isLast = level.slice(i + 1).every(other => other.context.messageId !== context.messageId);
    return [`${knee}${text}`, ...(isLast ? branches(caused, all) : []).map(line => `${trunk}${line}`)];
  });
}
