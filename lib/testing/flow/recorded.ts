import { inspect, type InspectOptions } from 'node:util';
import type { HandlerIdentity, MessageContext, MessageKind } from '../../index.js';
import { moment } from './moment.js';
import { recordedText } from './recorded-text.js';
import { Spot } from './spot.js';

/** One run of a handler; a retry is another. */
export interface HandlerRun {
  readonly handler: HandlerIdentity;
  /** 1, or more after retries. */
  readonly attempt: number;
  /** In milliseconds of real time; undefined while it runs. */
  readonly duration: number | undefined;
  /** Undefined if it has not failed. */
  readonly error: unknown;
  /** A stub has answered in its place. */
  readonly isStubbed: boolean;
}

/** A message of a flow. */
export interface Recorded<T = object> {
  readonly kind: MessageKind;
  readonly message: T;
  /** Runs of handlers, in the order of their beginning. */
  readonly handlers: readonly HandlerRun[];
  /** The message whose handler, saga or middleware has sent this one. */
  readonly cause: Recorded | undefined;
  /** The saga that has sent it. */
  readonly saga: string | undefined;
  /** Class of the publisher that got the event in place of the handlers. */
  readonly publisher: string | undefined;
  /** In milliseconds of real time, with all that it waited for; undefined while it runs. */
  readonly duration: number | undefined;
  /** What its dispatch has failed with; of an event, what `publish()` has. Undefined if it has not failed. */
  readonly error: unknown;
  readonly context: MessageContext | undefined;
  /** File and line of the code that sent it, such as `orders.service.ts:31`, where it can be told. */
  readonly sentAt: string | undefined;
}

/** A duration that has begun. */
export class Lasting {
  readonly begun = moment();
  private ended: number | undefined;

  end(): void {
    this.ended ??= moment();
  }

  /** Undefined until it has ended. */
  get duration(): number | undefined {
    return this.ended === undefined ? undefined : this.ended - this.begun;
  }
}

/** What something has failed with: `undefined` can be thrown, too. */
export interface Failure {
  readonly error: unknown;
}

export class RecordedRun extends Lasting implements HandlerRun {
  failure: Failure | undefined;

  constructor(
    readonly handler: HandlerIdentity,
    readonly attempt: number,
    readonly isStubbed: boolean,
  ) {
    super();
  }

  get error(): unknown {
    return this.failure?.error;
  }
}

/** What is known of a message when it is sent. */
export interface SentMessage {
  readonly kind: MessageKind;
  readonly message: object;
  readonly saga?: string | undefined;
  readonly publisher?: string | undefined;
  readonly context?: MessageContext | undefined;
  /** Failures of handlers are told the caller of `publish()`. */
  readonly tellsFailures?: boolean;
}

interface SentWithin extends SentMessage {
  readonly cause: RecordedMessage | undefined;
  /** The run of the handler that has sent it. */
  readonly by: RecordedRun | undefined;
}

export class RecordedMessage extends Lasting implements Recorded {
  readonly kind: MessageKind;
  readonly message: object;
  readonly cause: RecordedMessage | undefined;
  readonly by: RecordedRun | undefined;
  readonly saga: string | undefined;
  readonly publisher: string | undefined;
  readonly tellsFailures: boolean;
  readonly handlers: RecordedRun[] = [];
  context: MessageContext | undefined;
  failure: Failure | undefined;
  /** Sagas that were given it. */
  readonly takenBy = new Set<string>();
  /** A bus has called its pipeline: not so a command of a saga that waits. */
  isDispatched = false;
  /** A query whose rows are read. */
  isRead = false;
  private readonly spot = new Spot();

  constructor(sent: SentWithin) {
    super();
    this.kind = sent.kind;
    this.message = sent.message;
    this.cause = sent.cause;
    this.by = sent.by;
    this.saga = sent.saga;
    this.publisher = sent.publisher;
    this.context = sent.context;
    this.tellsFailures = sent.tellsFailures ?? false;
  }

  get error(): unknown {
    return this.failure?.error;
  }

  get sentAt(): string | undefined {
    return this.spot.place;
  }

  /** As `console.log` shows it: on one line, without all that has caused it. */
  [inspect.custom](_depth: number, options: InspectOptions): string {
    return recordedText(this, options);
  }
}
