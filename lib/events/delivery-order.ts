import { captureContext, type AsyncRunner } from '../context/context-storage.js';
import type { Dispatcher } from '../dispatch/dispatcher.js';
import type { FailureReporter } from '../dispatch/failures.js';
import type { Pipeline } from '../dispatch/pipeline.js';
import { deliverDirectly } from './direct-delivery.js';
import type { EventDelivery } from './event-delivery.js';
import { Fifo } from './fifo.js';

/**
 * Delivers one by one: what a handler publishes waits until all handlers have the current event, so no effect precedes
 * its cause. Each event keeps the asynchronous context of the caller of `publish`.
 */
export class DeliveryOrder {
  isBusy = false;
  private readonly waiting = new Fifo<WaitingEvent>();
  private current: object | undefined;

  /** @param deliver never throws */
  constructor(private readonly deliver: (delivery: EventDelivery) => void) {}

  /** What its handlers publish belongs to it. */
  get chain(): object | undefined {
    return this.isBusy ? this.current : undefined;
  }

  /** @returns undefined if delivered at once */
  add(delivery: EventDelivery): Promise<void> | undefined {
    if (this.isBusy) return this.wait(delivery);
    this.run(delivery);
    return undefined;
  }

  /**
   * Then delivers what its handlers publish.
   * @param call calls one late handler; default: all
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

  /** For a single handler without middleware. perf: no delivery, no closure: half the time. */
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
    const inContext = captureContext();
    return new Promise((resolve, reject) => {
      // A stack overflow may tear off the delivery that this one waits for.
      if (this.waiting.size === 0) queueMicrotask(() => this.deliverLeft());
      this.waiting.push({ delivery, inContext, resolve, reject });
    });
  }

  private deliverWaiting(): void {
    for (let next = this.waiting.shift(); next !== undefined; next = this.waiting.shift()) {
      const { delivery, inContext, resolve, reject } = next;
      this.current = delivery.chain;
      try {
        inContext(() => this.deliver(delivery));
        resolve();
      } catch (error) {
        reject(error);
      }
    }
  }

  /** Nothing is left where the stack has not overflowed. In a microtask, no delivery is under way. */
  private deliverLeft(): void {
    this.isBusy = true;
    try {
      this.deliverWaiting();
    } finally {
      this.isBusy = false;
    }
  }
}

interface WaitingEvent {
  readonly delivery: EventDelivery;
  readonly inContext: AsyncRunner;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}
