import { Subject, type Subscriber, type TeardownLogic } from 'rxjs';
import type { HandlerIdentity } from '../context/message-context.js';
import type { ShownEvent } from '../buses/observable-bus.js';
import { EventStream } from './event-stream.js';
import type { Fifo } from './fifo.js';

/** How a feed treats events. */
export interface FeedOptions {
  /** Who is fed. */
  readonly identity: HandlerIdentity;
  /** Whether the saga is run within the context of the event it is shown. */
  readonly propagate: boolean;
  /** Events that have not been taken by an iteration; kept by the saga from one run to the next. */
  readonly untaken: Fifo<ShownEvent>;
}

/** What one run of a saga is given, and which event it is occupied with. */
export class SagaFeed {
  readonly stream: EventStream;
  /** The event that causes what the saga emits now: the one being shown, or the one an iteration took last. */
  cause: ShownEvent | undefined;
  /** Whether this run has been given an event. */
  hasDelivered = false;
  private readonly subject = new Subject<object>();
  private readonly takers: ((next: IteratorResult<object, undefined>) => void)[] = [];
  private isEnding = false;
  private isClosed = false;
  private isIterated = false;
  /** Whether events are kept until an iteration takes them. */
  private keeps = false;

  constructor(private readonly options: FeedOptions) {
    this.stream = new EventStream(
      subscriber => this.subscribe(subscriber),
      () => this.take(),
    );
  }

  /** The saga is a generator: keeps events from the start, until it turns out that it subscribes instead. */
  expectIteration(): void {
    this.keeps = true;
  }

  /** Gives the saga an event. Never throws. */
  give(shown: ShownEvent): void {
    if (this.keeps) this.keep(shown);
    if (this.keeps && !this.subject.observed) return;
    this.hasDelivered = true;
    const before = this.cause;
    this.cause = shown;
    if (this.options.propagate) shown.contextFor(this.options.identity).run(() => this.subject.next(shown.event));
    else this.subject.next(shown.event);
    this.cause = before;
  }

  /** Nothing more comes: subscribers are told, an iteration ends when it has taken what is left. */
  end(): void {
    this.isEnding = true;
    this.subject.complete();
    for (const taker of this.takers.splice(0)) taker(NOTHING_MORE);
  }

  /** Nothing more is taken either: what is left belongs to the next run. */
  close(): void {
    this.isClosed = true;
    this.end();
  }

  /** Who subscribes after the end, as `repeat()` does, waits for ever: completing at once would be an endless loop. */
  private subscribe(subscriber: Subscriber<object>): TeardownLogic {
    if (this.isEnding) return undefined;
    const subscription = this.subject.subscribe(subscriber);
    if (this.keeps && !this.isIterated) {
      this.keeps = false;
      for (let kept = this.options.untaken.shift(); kept; kept = this.options.untaken.shift()) this.give(kept);
    }
    return subscription;
  }

  private keep(shown: ShownEvent): void {
    const taker = this.takers.shift();
    if (taker) taker(this.taken(shown));
    else this.options.untaken.push(shown);
  }

  private take(): Promise<IteratorResult<object, undefined>> {
    this.isIterated = this.keeps = true;
    const shown = this.isClosed ? undefined : this.options.untaken.shift();
    if (shown) return Promise.resolve(this.taken(shown));
    if (this.isEnding) return Promise.resolve(NOTHING_MORE);
    return new Promise(resolve => this.takers.push(resolve));
  }

  private taken(shown: ShownEvent): IteratorResult<object, undefined> {
    this.hasDelivered = true;
    this.cause = shown;
    return { done: false, value: shown.event };
  }
}

const NOTHING_MORE: IteratorResult<object, undefined> = { done: true, value: undefined };
