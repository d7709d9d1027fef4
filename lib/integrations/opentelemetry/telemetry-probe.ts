import { context as contexts, type MeterProvider, type TracerProvider } from '@opentelemetry/api';
import {
  whenDone,
  type MessageContext,
  type MessageType,
  type Probe,
  type ProbePoint,
  type Published,
  type Received,
  type RowsRead,
  type SagaCommand,
  type SagaMoment,
  type Watched,
  type Watching,
} from '../../extension.js';
import * as names from './conventions.js';
import { Measures } from './measures.js';
import { partOf, publishingOf, readingOf, runOf, sagaOf, type Operation } from './operation.js';
import type { Settings } from './options.js';
import { SagaSpans } from './saga-spans.js';
import { Traces, type Begun } from './traces.js';

export interface Providers {
  readonly tracers: TracerProvider;
  readonly meters: MeterProvider;
}

/** Makes spans and measures of what happens to messages. */
export class TelemetryProbe implements Probe {
  private readonly traces: Traces | undefined;
  private readonly measures: Measures | undefined;
  /** Of events and sagas, whose class is known when they are there. */
  private readonly operations = new WeakMap<MessageType, Map<string, Operation>>();
  private readonly sagas = new SagaSpans();
  /** Events whose caller gets the failures of handlers. */
  private readonly awaited = new WeakSet<MessageContext>();
  /** Of queries whose rows are read. */
  private readonly reading = new WeakMap<MessageContext, Begun | undefined>();

  constructor(
    private readonly settings: Settings,
    { tracers, meters }: Providers,
  ) {
    const { spans, metrics } = settings;
    if (spans) this.traces = new Traces(tracers, settings);
    if (metrics)
      this.measures = Measures.of(meters.getMeter(names.SCOPE, names.MAJOR, { schemaUrl: names.SCHEMA_URL }));
  }

  /** No provider is set, and no propagator, which passes on what is active where a message leaves. */
  isAsleep(): boolean {
    return this.measures === undefined && (this.traces === undefined || !(this.traces.isOn || this.traces.passesOn));
  }

  wrap(point: ProbePoint, run: Watched): Watched {
    if (point.at === 'dispatch') return this.dispatch(point, run);
    const hasSpan = this.settings.detail === 'middleware' && point.at !== 'prepare';
    return hasSpan && this.traces !== undefined ? partWithin(this.traces, partOf(point), run) : run;
  }

  publish(published: Published): Watching | undefined {
    const { event, context, handlers, publisher, onError } = published;
    if (context === undefined) return undefined;
    // The caller gets the failures.
    if (onError === 'throw' || onError === 'collect') this.awaited.add(context.shared);
    const operation = this.operation(context.type, 'publish', publishingOf);
    const attributes = {
      [names.HANDLERS]: handlers.length,
      ...(publisher !== undefined && { [names.PUBLISHER]: publisher }),
    };
    const begun = this.traces?.begin(operation, { message: event, context, attributes, isPublishing: true });
    return this.watching(begun, failure => this.measures?.sends(operation, failure));
  }

  sagaWorks(moment: SagaMoment): Watching | undefined {
    const { saga, event, context } = moment;
    const { traces } = this;
    const operation = this.operation(context.type, saga.name, type => sagaOf(saga, type));
    const begun = traces?.begin(operation, { message: event, context, parent: traces.publishedBy(context) });
    if (begun !== undefined) this.sagas.add(saga.name, context, begun.span);
    return this.watching(begun, failure => this.measures?.fails(operation, failure));
  }

  sagaEmits({ saga, context }: SagaCommand): Watching | undefined {
    const operation = { labels: { [names.SAGA]: saga.name } };
    const sent = this.measures?.waits(operation);
    const begun = context && this.traces?.resume(this.sagas.find(saga.name, context, this.traces.current), context);
    return {
      run: part => {
        sent?.();
        return runWithin(begun, part);
      },
      end: (...failure: unknown[]) => {
        sent?.();
        this.measures?.fails(operation, failureOf(failure));
      },
    };
  }

  rows({ query, context }: RowsRead): Watching | undefined {
    const operation = this.operation(context.type, 'stream', type => readingOf(type, context.handler));
    const begun = this.traces?.begin(operation, { message: query, context });
    this.reading.set(context, begun);
    return this.watching(begun, this.measures?.handling(operation));
  }

  leaves(_message: object, context: MessageContext): Record<string, string> | undefined {
    return this.traces?.headersOf(context);
  }

  receives(received: Received): undefined {
    this.traces?.arrives(received);
  }

  private dispatch(point: ProbePoint, run: Watched): Watched {
    const step = this.step(point, run);
    if (point.kind !== 'query') return step;
    // Reading the rows of a query has a span, which begins before.
    const within = point.place === undefined ? run : step;
    return (message, context) =>
      this.reading.has(context)
        ? runWithin(this.reading.get(context), () => within(message, context))
        : step(message, context);
  }

  private step(point: ProbePoint, run: Watched): Watched {
    const { traces, measures } = this;
    const operation = runOf(point);
    const { kind, place } = point;
    return (message, context) => {
      const parent = kind === 'event' ? traces?.publishedBy(context) : undefined;
      const begun = traces?.begin(operation, { message, context, parent });
      if (begun === undefined && measures === undefined) return run(message, context);
      const measured = place === undefined ? measures?.handling(operation) : undefined;
      return whenDone(
        () =>
          begun === undefined ? run(message, context) : contexts.with(begun.within, run, undefined, message, context),
        outcome => {
          const failure = 'error' in outcome ? outcome : undefined;
          if (begun !== undefined) traces!.end(begun.span, failure, context.attempt);
          measured?.(failure);
          if (place !== undefined) measures?.sends(operation, failure);
          if (kind === 'event' && !this.awaited.has(context.shared)) measures?.fails(operation, failure);
        },
      );
    };
  }

  private watching(begun: Begun | undefined, ended?: (failure: Failure) => void): Watching {
    return {
      run: part => runWithin(begun, part),
      end: (...given: unknown[]) => {
        const failure = failureOf(given);
        if (begun !== undefined) this.traces!.end(begun.span, failure);
        ended?.(failure);
      },
    };
  }

  private operation(type: MessageType, what: string, make: (type: MessageType) => Operation): Operation {
    const ofType = this.operations.get(type) ?? new Map<string, Operation>();
    this.operations.set(type, ofType);
    const operation = ofType.get(what) ?? make(type);
    ofType.set(what, operation);
    return operation;
  }
}

type Failure = { readonly error: unknown } | undefined;

/** What `end()` is called with: nothing, or an error, which may be undefined. */
const failureOf = (given: readonly unknown[]): Failure => (given.length > 0 ? { error: given[0] } : undefined);

const runWithin = <R>(begun: Pick<Begun, 'within'> | undefined, part: () => R): R =>
  begun === undefined ? part() : contexts.with(begun.within, part);

const partWithin =
  (traces: Traces, operation: Operation, run: Watched): Watched =>
  (message, context) => {
    const begun = traces.beginPart(operation);
    if (begun === undefined) return run(message, context);
    return whenDone(
      () => contexts.with(begun.within, run, undefined, message, context),
      outcome => traces.end(begun.span, 'error' in outcome ? outcome : undefined, context.attempt),
    );
  };
