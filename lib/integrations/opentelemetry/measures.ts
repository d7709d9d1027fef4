import {
  createNoopMeter,
  type Attributes,
  type Counter,
  type Histogram,
  type Meter,
  type UpDownCounter,
} from '@opentelemetry/api';
import * as names from './conventions.js';
import { errorType } from './error-type.js';

type Labelled = { readonly labels: Attributes };
type Failure = { readonly error: unknown } | undefined;

/** The instruments. */
export class Measures {
  /** Undefined where no provider is set. */
  static of(meter: Meter): Measures | undefined {
    const measures = new Measures(meter);
    return measures.sent === createNoopMeter().createCounter(names.SENT_MESSAGES) ? undefined : measures;
  }

  private readonly duration: Histogram;
  private readonly sent: Counter;
  private readonly active: UpDownCounter;
  private readonly unhandled: Counter;
  private readonly waiting: UpDownCounter;

  private constructor(meter: Meter) {
    this.duration = meter.createHistogram(names.PROCESS_DURATION, {
      description: 'Duration of handling a message, with middleware.',
      unit: 's',
      advice: { explicitBucketBoundaries: names.DURATION_BOUNDARIES },
    });
    this.sent = meter.createCounter(names.SENT_MESSAGES, {
      description: 'Events that are published, and messages that leave the process.',
      unit: '{message}',
    });
    this.active = meter.createUpDownCounter(names.ACTIVE, {
      description: 'Messages that are being handled.',
      unit: '{message}',
    });
    this.unhandled = meter.createCounter(names.UNHANDLED, {
      description: 'Failures of event handlers, of sagas and of their commands.',
      unit: '{failure}',
    });
    this.waiting = meter.createUpDownCounter(names.SAGA_WAITING, {
      description: 'Commands of sagas that wait for earlier ones.',
      unit: '{command}',
    });
  }

  /** @returns ends it */
  handling({ labels }: Labelled): (failure: Failure) => void {
    const start = performance.now();
    this.active.add(1, labels);
    return failure => {
      this.active.add(-1, labels);
      this.duration.record((performance.now() - start) / 1000, withError(labels, failure));
    };
  }

  sends({ labels }: Labelled, failure: Failure): void {
    this.sent.add(1, withError(labels, failure));
  }

  fails({ labels }: Labelled, failure: Failure): void {
    if (failure !== undefined) this.unhandled.add(1, withError(labels, failure));
  }

  /** @returns called once, when it is sent or dropped */
  waits({ labels }: Labelled): () => void {
    this.waiting.add(1, labels);
    let isOver = false;
    return () => {
      if (!isOver) this.waiting.add(-1, labels);
      isOver = true;
    };
  }
}

const withError = (labels: Attributes, failure: Failure): Attributes =>
  failure === undefined ? labels : { ...labels, [names.ERROR_TYPE]: errorType(failure.error) };
