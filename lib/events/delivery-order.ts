import { captureContext, type AsyncRunner } from '../context/context-storage.js';
import type { Dispatcher } from '../dispatch/dispatcher.js';
import type { FailureReporter } from '../dispatch/failures.js';
import type { Pipeline } from '../dispatch/pipeline.js';
import { deliverDirectly } from './direct-delivery.js';
import type { EventDelivery } from './event-delivery.js';
import { Fifo } from './fifo.js';

/**
 * Delivers one event after another. An event that a handler publishes while an event is being delivered waits until all
 * handlers have that one: an effect is never seen before its cause. It is then delivered in the asynchronous context of its
 * own publisher.
 */
export class DeliveryOrder {
  /** Whether an event is being delivered. */
  isBusy = false;
  private readonly waiting = new Fifo<WaitingEvent>();
  private current: object | undefined;

  /** @param deliver hands an event to its handlers; never throws */
  constructor(private readonly deliver: (delivery: EventDelivery) => void) {}

  /** The chain of the event that is being delivered: what its handlers publish belongs to it. Undefined if there is none. */
  get chain(): object | undefined {
    return this.isBusy ? this.current : undefined;
  }

  /**
   * Delivers an event, at once or in its turn.
   * @returns undefined if it has been delivered, else a promise of that
   */
  add(delivery: EventDelivery): Promise<void> | undefined {
    if (this.isBusy) return this.wait(delivery);
    this.run(delivery);
    return undefined;
  }

  /**
   * Delivers an event now; what its handlers publish meanwhile comes after it.
   * @param call calls one more handler of an event that has been delivered; all others if left out
   */
  run(delivery: EventDelivery, call?: () => void): void {
    this.isBusy = true;
    this.current = delivery.chain;
    try {
      if (call === undefined) this.deliver(delivery);
      else call();
      this.deliverWaiting();
    } finally {
      this.isBusy = false;
    }
  }

  /** The same for a single handler without middleware. perf: no delivery and no closure, which halves the time. */
  runDirectly(event: object, pipeline: Pipeline, dispatcher: Dispatcher, reporter: FailureReporter): Promise<void> {
    this.isBusy = true;
    this.current = undefined;
    try {
      const outcome = deliverDirectly(event, pipeline, dispatcher, reporter);
      if (this.waiting.size > 0) this.deliverWaiting();
      return outcome;
    } finally {
      this.isBusy = false;
    }
  }

  private wait(delivery: EventDelivery): Promise<void> {
    const run = captureContext();
    return new Promise((resolve, reject) => {
      // An overflow of the stack may tear off the delivery that this one waits for: then it is delivered here.
      if (this.waiting.size === 0) queueMicrotask(() => this.deliverLeft());
      this.waiting.push({ delivery, run, resolve, reject });
    });
  }

  private deliverWaiting(): void {
    for (let next = this.waiting.shift(); next !== undefined; next = this.waiting.shift()) {
      const { delivery, run, resolve, reject } = next;
      this.current = delivery.chain;
      try {
        run(() => this.deliver(delivery));
        resolve();
      } catch (error) {
        reject(error);
      }
    }
  }

  private deliverLeft(): void {
    if (this.isBusy) return;
    this.isBusy = true;
    try {
      this.deliverWaiting();
    } finally {
      this.isBusy = false;
    }
  }
}

/** An event whose turn has not come. */
interface WaitingEvent {
  readonly delivery: EventDelivery;
  /** Runs in the asynchronous context of its publisher. */
  readonly run: AsyncRunner;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}
