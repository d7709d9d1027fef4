import { Subject, type Subscriber, type TeardownLogic } from 'rxjs';
import { captureContext, type AsyncRunner } from '../context/context-storage.js';
import type { HandlerIdentity } from '../context/handler-identity.js';
import type { ProbeWatch } from '../dispatch/probe-watch.js';
import type { Fifo } from '../events/fifo.js';
import type { ShownEvent } from '../events/event-subject.js';
import { EventStream } from './event-stream.js';

/** `inContext` enters the asynchronous context of the caller of `publish`. */
export interface DeferredEvent {
  readonly shown: ShownEvent;
  readonly inContext: AsyncRunner;
  /** What probes have begun. */
  readonly work: ProbeWatch | undefined;
}

export const deferred = (shown: ShownEvent, work: ProbeWatch | undefined): DeferredEvent => ({
  shown,
  inContext: captureContext(),
  work,
});

export interface FeedOptions {
  readonly identity: HandlerIdentity;
  readonly propagate: boolean;
  /** Kept from run to run. */
  readonly untaken: Fifo<DeferredEvent>;
  /** Called if an iteration goes on asking after the end. */
  readonly exhausted: () => void;
}

/** Asking for ever after the end would block everything else. */
const MAX_ASKED = 1_000;

export class SagaFeed {
  readonly stream: EventStream;
  /** Shown or taken last: it causes what the saga emits. */
  cause: ShownEvent | undefined;
  /** Of the event that an iteration took last. */
  inContext: AsyncRunner | undefined;
  private readonly subject = new Subject<object>();
  private readonly takers: ((next: IteratorResult<object, undefined>) => void)[] = [];
  /** Of events that an iteration has taken; it is done with them when it asks for the next. */
  private working: ProbeWatch[] = [];
  /** Of the event that operators are shown. */
  private showing: ProbeWatch | undefined;
  private isShowing = false;
  private isEnding = false;
  private isClosed = false;
  private isIterated = false;
  private askedAfterEnd = 0;
  /** Keeps events until an iteration takes them. */
  private keeps = false;

  constructor(private readonly options: FeedOptions) {
    this.stream = new EventStream(
      subscriber => this.subscribe(subscriber),
      () => this.take(),
    );
  }

  get hasDelivered(): boolean {
    return this.cause !== undefined;
  }

  get isShown(): boolean {
    return this.isShowing;
  }

  /** A generator keeps events from the start, unless it subscribes. */
  expectIteration(): void {
    this.keeps = true;
  }

  give(shown: ShownEvent, work: ProbeWatch | undefined): void {
    const isKept = this.keeps;
    if (isKept) this.accept(deferred(shown, work));
    if (this.keeps && !this.subject.observed) return;
    this.show(shown, work);
    if (!isKept) work?.end();
  }

  /** The saga is done with what it has taken; a failure also ends what it is shown. */
  done(failure?: { readonly error: unknown }): void {
    if (failure !== undefined) this.showing?.end(failure);
    if (this.working.length > 0) for (const work of this.working.splice(0)) work.end(failure);
  }

  /** An iteration ends when it has taken what is left. */
  end(): void {
    this.isEnding = true;
    this.subject.complete();
    for (const taker of this.takers.splice(0)) taker(NOTHING_MORE);
  }

  /** What is left belongs to the next run. */
  close(): void {
    this.isClosed = true;
    this.done();
    this.end();
  }

  private show(shown: ShownEvent, work: ProbeWatch | undefined): void {
    this.cause = shown;
    this.inContext = undefined;
    this.isShowing = true;
    this.showing = work;
    try {
      if (work !== undefined) work.run(() => this.next(shown));
      else this.next(shown);
    } finally {
      this.isShowing = false;
      this.showing = undefined;
    }
  }

  private next(shown: ShownEvent): void {
    const { identity, propagate } = this.options;
    if (propagate) shown.contextFor(identity).run(() => this.subject.next(shown.event));
    else this.subject.next(shown.event);
  }

  /** `repeat()` subscribes after the end: completing would loop endlessly. */
  private subscribe(subscriber: Subscriber<object>): TeardownLogic {
    if (this.isEnding) return undefined;
    const subscription = this.subject.subscribe(subscriber);
    if (this.keeps && !this.isIterated) {
      this.keeps = false;
      const { untaken } = this.options;
      for (let kept = untaken.shift(); kept; kept = untaken.shift()) this.showKept(kept);
    }
    return subscription;
  }

  private showKept({ shown, inContext, work }: DeferredEvent): void {
    inContext(() => this.show(shown, work));
    work?.end();
  }

  private accept(event: DeferredEvent): void {
    const taker = this.takers.shift();
    if (taker) taker(this.taken(event));
    else this.options.untaken.push(event);
  }

  private take(): Promise<IteratorResult<object, undefined>> {
    this.isIterated = this.keeps = true;
    this.done();
    const next = this.isClosed ? undefined : this.options.untaken.shift();
    if (next) return Promise.resolve(this.taken(next));
    if (this.isEnding && this.askedAfterEnd++ < MAX_ASKED) return Promise.resolve(NOTHING_MORE);
    if (this.isEnding) this.options.exhausted();
    return new Promise(resolve => this.takers.push(resolve));
  }

  private taken({ shown, inContext, work }: DeferredEvent): IteratorResult<object, undefined> {
    if (work !== undefined) this.working.push(work);
    this.cause = shown;
    this.inContext = inContext;
    return { done: false, value: shown.event };
  }
}

const NOTHING_MORE: IteratorResult<object, undefined> = { done: true, value: undefined };
