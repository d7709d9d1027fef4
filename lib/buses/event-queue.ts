import { noteAccepted } from './accepted-events.js';
import { toEvents, type PublishOptions } from './bus-options.js';
import type { Dispatcher, StartGate } from './dispatcher.js';
import type { Route } from './route.js';
import { handDirectly } from './direct-delivery.js';
import { routeFor } from './demanding-route.js';
import { EventDelivery, type PublishOutcome } from './event-delivery.js';
import { harmless, type FailureOrigin, type FailureReporter } from './failures.js';

/** What `publish` returns a promise of: an outcome where it is collected. */
export type Published = Promise<PublishOutcome | void>;

/**
 * The order in which events are handed to handlers. An event that a handler publishes while others are still
 * being handed the first one waits until they have it: an effect is never seen before its cause. In the sequential
 * modes an event is handed over at once, so that a handler may await what it publishes.
 */
export class EventQueue {
  private handing = false;
  private readonly waiting: (() => void)[] = [];
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
    return outcome;
  }

  /** Delivers events so that each reaches every handler after the one before; the promise is safe to drop. */
  publishAll(events: readonly object[], options?: PublishOptions): Promise<(PublishOutcome | void)[]> {
    return harmless(this.publishEach(events, options));
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
    const outcome = handDirectly(event, route, this.dispatcher, this.reporter);
    this.handWaiting();
    return outcome;
  }

  private async publishEach(events: readonly object[], options: PublishOptions | undefined) {
    const list = toEvents(events);
    const { gate } = this.dispatcher;
    if (gate !== undefined) await this.opened(gate);
    let previous: Promise<unknown> | undefined;
    const deliveries = list.map(event => {
      const delivery = this.deliver(event, options, previous);
      previous = delivery.handed ?? previous;
      return delivery;
    });
    if (options?.onError === 'throw' || deliveries.some(({ isRefused }) => isRefused))
      noteAccepted(
        events,
        list.filter((_, i) => !deliveries[i]!.isRefused),
      );
    const outcomes = deliveries.map(({ outcome }) => outcome);
    await Promise.allSettled(outcomes);
    return Promise.all(outcomes);
  }

  private deliver(event: object, options: PublishOptions | undefined, previous?: Promise<unknown>): Delivery {
    if (this.dispatcher.gate !== undefined) return { outcome: this.keep(this.dispatcher.gate, event, options) };
    try {
      options?.signal?.throwIfAborted();
      const { routes: planned } = this.dispatcher.plan(event);
      const routes = options ? planned.map(route => routeFor(route, options, this.dispatcher.demanded)) : planned;
      const delivery = new EventDelivery(event, routes, this.dispatcher, this.reporter, options);
      const mode = options?.mode ?? 'parallel';
      if (mode !== 'parallel') return this.inTurn(delivery, mode, previous);
      const prepared = previous ? previous.then(() => delivery.prepare()) : delivery.prepare();
      if (!prepared) return { outcome: this.handOver(delivery) };
      return { handed: prepared, outcome: harmless(prepared.then(() => this.handOver(delivery))) };
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
    if (this.handing)
      return harmless(
        new Promise<void>(resolve =>
          this.waiting.push(() => (delivery.hand(), this.audience.emit(delivery), resolve())),
        ).then(() => delivery.outcome()),
      );
    this.handing = true;
    delivery.hand();
    this.audience.emit(delivery);
    this.handWaiting();
    return delivery.outcome();
  }

  private handWaiting(): void {
    const { waiting } = this;
    for (let i = 0; i < waiting.length; i++) waiting[i]!();
    if (waiting.length > 0) waiting.length = 0;
    this.handing = false;
  }

  private keep(gate: StartGate, event: object, options: PublishOptions | undefined): Published {
    return harmless(this.opened(gate).then(() => this.publish(event, options)));
  }

  private opened(gate: StartGate): Promise<void> {
    return gate()?.then(() => this.open()) ?? new Promise<void>(resolve => this.kept.push(resolve));
  }

  private refuse(event: object, error: unknown): Published {
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

interface Delivery {
  /** Resolves, never rejects, when the event has been handed over; undefined if that has happened or is not waited for. */
  readonly handed?: Promise<unknown>;
  readonly outcome: Published;
  /** Whether no handler will get the event. */
  readonly isRefused?: true;
}

const BUS: FailureOrigin = { handler: { name: 'EventBus' } };
