import type { Span } from '@opentelemetry/api';
import type { MessageContext } from '../../extension.js';

/** Spans of sagas, by the event that each works on. */
export class SagaSpans {
  private readonly names = new WeakMap<object, string>();
  private readonly byEvent = new WeakMap<MessageContext, Map<string, Span>>();

  add(saga: string, { shared }: MessageContext, span: Span): void {
    this.names.set(span, saga);
    const ofEvent = this.byEvent.get(shared) ?? new Map<string, Span>();
    this.byEvent.set(shared, ofEvent.set(saga, span));
  }

  /**
   * The active one knows best, as after a timer of an operator: without `propagateContext`, the context is that of the
   * event which the saga was given last.
   */
  find(saga: string, { shared }: MessageContext, active: unknown): Span | undefined {
    const isOfSaga = typeof active === 'object' && active !== null && this.names.get(active) === saga;
    return isOfSaga ? (active as Span) : this.byEvent.get(shared)?.get(saga);
  }
}
