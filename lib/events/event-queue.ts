import { captureContext, type AsyncRunner } from '../context/context-storage.js';
import { noteAccepted } from './accepted-events.js';
import { toEvents, type PublishOptions } from '../buses/bus-options.js';
import type { Dispatcher, StartGate } from '../dispatch/dispatcher.js';
import type { Route } from '../dispatch/route.js';
import { handDirectly } from './direct-delivery.js';
import { routeFor } from '../dispatch/demanding-route.js';
import { EventDelivery, SETTLED } from './event-delivery.js';
import { harmless, type FailureReporter } from '../dispatch/failures.js';
import { Fifo } from './fifo.js';
import { HandlerTurns } from './handler-turns.js';
import type { PublishOutcome } from './publish-outcome.js';

/** What `publish` returns a promise of: an outcome where it is collected. */
export type Published = Promise<PublishOutcome | void>;

/**
 * The order in which events are handed to handlers. An event that a handler publishes while others are still
 * being handed the first one waits until they have it: an effect is never seen before its cause. It is then handed over
 * in the asynchronous context of its own publisher. In the sequential modes an event is handed over at once, so that a
 * handler may await what it publishes.
 */
export class EventQueue {
  private handing = false;
  /** What the event that is being handed over belongs to, and with it all that its handlers publish meanwhile. */
  private chain: object | undefined;
  private readonly turns = new HandlerTurns();
  private readonly waiting = new Fifo<WaitingEvent>();
  private kept: (() => void)[] = [];

  /**
   * @param dispatcher knows the handlers
   * @param audience the subscribers of the bus
   * @param reporter told what fails
   */
  constructor(
    private readonly dispatcher: Dispatcher,
    private readonly audience: EventAudience,
    private readonly reporter: FailureReporter,
  ) {}

  /** Delivers an event; the promise is safe to drop. */
  publish(event: object, options?: PublishOptions): Published {
    const route = options === undefined ? this.onlyRoute(event) : undefined;
    if (route !== undefined) return this.handAtOnce(event, route);
    const { outcome, isRefused } = this.deliver(event, options);
    if (isRefused || options?.onError === 'throw') noteAccepted(event, isRefused ? [] : [event]);
    return options?.wait === 'none' && !isRefused ? SETTLED : outcome;
  }

  /** Delivers events so that each reaches every handler after the one before; the promise is safe to drop. */
  publishAll(events: readonly object[], options?: PublishOptions): Promise<(PublishOutcome | void)[]> {
    const published = harmless(this.publishEach(events, options));
    return options?.wait === 'none' && this.dispatcher.gate !== undefined ? Promise.resolve([]) : published;
  }

  /** Delivers what was published before the handlers were there, in order. */
  open(): void {
    this.dispatcher.gate = undefined;
    const kept = this.kept;
    this.kept = [];
    for (const deliver of kept) deliver();
  }

  /** The way of an event if all that has to be done is to call one handler. */
  private onlyRoute(event: object): Route | undefined {
    if (this.handing || this.audience.observed || this.dispatcher.gate !== undefined) return undefined;
    try {
      return this.dispatcher.plan(event).only;
    } catch {
      return undefined;
    }
  }

  private handAtOnce(event: object, route: Route): Promise<void> {
    this.handing = true;
    try {
      const outcome = handDirectly(event, route, this.dispatcher, this.reporter);
      if (this.waiting.size > 0) this.handWaiting();
      return outcome;
    } finally {
      this.handing = false;
    }
  }

  private async publishEach(events: readonly object[], options: PublishOptions | undefined) {
    const list = toEvents(events);
    const { gate } = this.dispatcher;
    if (gate !== undefined) await this.opened(gate);
    let previous: Promise<unknown> | undefined;
    const deliveries = list.map(event => {
      const delivery = this.deliver(event, options, list, previous);
      previous = delivery.handed ?? previous;
      return delivery;
    });
    if (options?.onError === 'throw' || deliveries.some(({ isRefused }) => isRefused))
      noteAccepted(
        events,
        list.filter((_, i) => !deliveries[i]!.isRefused),
      );
    const awaited = options?.wait === 'none' ? deliveries.filter(({ isRefused }) => isRefused) : deliveries;
    const outcomes = awaited.map(({ outcome }) => outcome);
    await Promise.allSettled(outcomes);
    return Promise.all(outcomes);
  }

  /**
   * @param list the list that the event is one of
   * @param previous in the sequential modes the end of the event before it
   */
  private deliver(
    event: object,
    options: PublishOptions | undefined,
    list?: readonly object[],
    previous?: Promise<unknown>,
  ): Delivery {
    if (this.dispatcher.gate !== undefined) return { outcome: this.keep(this.dispatcher.gate, event, options) };
    try {
      options?.signal?.throwIfAborted();
      const { routes: planned } = this.dispatcher.plan(event);
      const routes = options ? planned.map(route => routeFor(route, options, this.dispatcher.demanded)) : planned;
      const delivery = new EventDelivery(event, routes, this.dispatcher, this.reporter, options);
      const mode = options?.mode ?? 'parallel';
      if (mode !== 'parallel') return this.inTurn(delivery, mode, previous);
      const prepared = delivery.prepare();
      delivery.chain = (this.handing ? this.chain : list) ?? delivery;
      if (prepared !== undefined || !this.turns.isEmpty)
        this.turns.arrange(delivery, routes, prepared, hand => this.inOrder(delivery, hand));
      return { outcome: this.handOver(delivery) };
    } catch (error) {
      return { outcome: this.refuse(event, error), isRefused: true };
    }
  }

  private inTurn(delivery: EventDelivery, mode: 'sequential' | 'untilFailure', previous?: Promise<unknown>): Delivery {
    const run = async () => {
      await previous?.catch(() => undefined);
      this.audience.emit(delivery);
      await delivery.handInTurn(mode);
      return delivery.outcome();
    };
    const outcome = harmless(run());
    return { handed: outcome.catch(() => undefined), outcome };
  }

  private handOver(delivery: EventDelivery): Published {
    if (this.handing) return this.wait(delivery);
    this.inOrder(delivery, () => this.hand(delivery));
    return delivery.outcome();
  }

  /** Hands an event over; what is published meanwhile comes after it. */
  private inOrder({ chain }: EventDelivery, hand: () => void): void {
    this.handing = true;
    this.chain = chain;
    try {
      hand();
      this.handWaiting();
    } finally {
      this.handing = false;
      this.chain = undefined;
    }
  }

  private hand(delivery: EventDelivery): void {
    delivery.hand();
    this.audience.emit(delivery);
  }

  /** Until those before it have been handed over; then it goes on in the asynchronous context of its publisher. */
  private wait(delivery: EventDelivery): Published {
    const run = captureContext();
    const handed = new Promise<void>((resolve, reject) => {
      // Should the event before it be torn off by an overflow of the stack, this event is handed over all the same.
      if (this.waiting.size === 0) queueMicrotask(() => this.handLeft());
      this.waiting.push({ delivery, run, resolve, reject });
    });
    return harmless(handed.then(() => delivery.outcome()));
  }

  private handWaiting(): void {
    for (let next = this.waiting.shift(); next !== undefined; next = this.waiting.shift()) {
      const { delivery, run, resolve, reject } = next;
      this.chain = delivery.chain;
      try {
        run(() => this.hand(delivery));
        resolve();
      } catch (error) {
        reject(error);
      }
    }
  }

  private handLeft(): void {
    if (this.handing) return;
    this.handing = true;
    try {
      this.handWaiting();
    } finally {
      this.handing = false;
      this.chain = undefined;
    }
  }

  private keep(gate: StartGate, event: object, options: PublishOptions | undefined): Published {
    return harmless(this.opened(gate).then(() => this.publish(event, options)));
  }

  private opened(gate: StartGate): Promise<void> {
    return gate()?.then(() => this.open()) ?? new Promise<void>(resolve => this.kept.push(resolve));
  }

  /**
   * Refuses what was given to `publish` or `publishAll`: no handler gets any of it.
   * @param given the event, or the list of events
   * @param error what is wrong with the call
   */
  refuseCall(given: object, error: unknown): Promise<never> {
    noteAccepted(given, []);
    return this.refuse(Array.isArray(given) ? (given as object[])[0]! : given, error);
  }

  private refuse(event: object, error: unknown): Promise<never> {
    this.reporter.report(error, event ?? String(event), BUS);
    return harmless(Promise.reject(error));
  }
}

/** The subscribers of an event bus. */
export interface EventAudience {
  /** Whether there are any. */
  readonly observed: boolean;
  /** Lets them see an event; never throws. */
  emit(delivery: EventDelivery): void;
}

/** An event whose turn has not come. */
interface WaitingEvent {
  readonly delivery: EventDelivery;
  /** Runs in the asynchronous context of its publisher. */
  readonly run: AsyncRunner;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

interface Delivery {
  /** In the sequential modes: resolves, never rejects, when the event is done. */
  readonly handed?: Promise<unknown>;
  readonly outcome: Published;
  /** Whether no handler will get the event. */
  readonly isRefused?: true;
}

const BUS = { name: 'EventBus' };
