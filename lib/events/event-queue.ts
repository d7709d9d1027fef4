import type { PublishOptions } from '../buses/bus-options.js';
import type { Audience } from '../dispatch/audience.js';
import type { Dispatcher, StartGate } from '../dispatch/dispatcher.js';
import { harmless, type FailureReporter } from '../dispatch/failures.js';
import { pipelineFor } from '../dispatch/option-pipeline.js';
import type { Pipeline, Pipelines } from '../dispatch/pipeline.js';
import { messageName, prototypeOf, typeOfPrototype } from '../messages/inspect-message.js';
import type { UnitOfWork } from '../units/unit-of-work.js';
import type { UnitsOfWork } from '../units/units-of-work.js';
import { noteAccepted } from './accepted-events.js';
import { DeliveryOrder } from './delivery-order.js';
import { EventDelivery, SETTLED } from './event-delivery.js';
import { toEvents } from './event-list.js';
import { HandlerTurns } from './handler-turns.js';
import type { PublishOutcome } from './publish-outcome.js';
import { ProbedDelivery } from './probed-delivery.js';
import { BUS, identitiesOf, PublishedEvent } from './published-event.js';
import { TransactionalDelivery, type DeliverLater, type HeldEvent } from './transactional-delivery.js';

/** An outcome under `onError: 'collect'`. */
export type OutcomePromise = Promise<PublishOutcome | void>;

/**
 * Parallel mode keeps {@link DeliveryOrder}; sequential modes deliver at once: a handler may await what it publishes.
 */
export class EventQueue {
  private readonly order: DeliveryOrder;
  private readonly turns = new HandlerTurns();
  /** Published at startup. */
  private early: (() => void)[] = [];
  /** Events that are published within one wait for its commit. Set by the module. */
  units: UnitsOfWork | undefined;

  constructor(
    private readonly dispatcher: Dispatcher,
    private readonly audience: Audience<EventDelivery>,
    private readonly reporter: FailureReporter,
  ) {
    this.order = new DeliveryOrder(delivery => delivery.deliverAndShow(this.audience));
  }

  /** Safe to drop. */
  publish(event: object, options?: PublishOptions): OutcomePromise {
    const pipeline = options === undefined ? this.directPipeline(event) : undefined;
    if (pipeline !== undefined) return this.order.runDirectly(event, pipeline, this.dispatcher, this.reporter);
    const { outcome, isRefused, delivery, isWithin } = this.deliver(event, options);
    if (isWithin) return outcome;
    if (isRefused || options?.onError === 'throw') noteAccepted(event, isRefused ? [] : [event]);
    if (delivery?.isStoring) return harmless(this.noteUnstored(event, delivery, outcome));
    return options?.wait === 'none' && !isRefused ? SETTLED : outcome;
  }

  /** Safe to drop. */
  publishAll(events: readonly object[], options?: PublishOptions): Promise<(PublishOutcome | void)[]> {
    const published = harmless(this.publishEach(events, options));
    return options?.wait === 'none' && this.dispatcher.gate !== undefined ? Promise.resolve([]) : published;
  }

  /** A commit tries again what could not be stored. */
  private async noteUnstored(event: object, delivery: EventDelivery, outcome: OutcomePromise) {
    try {
      return await outcome;
    } catch (error) {
      if (delivery.isUnstored) noteAccepted(event, []);
      throw error;
    }
  }

  open(): void {
    this.dispatcher.gate = undefined;
    for (const publish of this.early.splice(0)) publish();
  }

  /** No handler gets any event of this call. */
  refuseCall(given: object, error: unknown): Promise<never> {
    noteAccepted(given, []);
    return this.refuse(Array.isArray(given) ? (given as object[])[0]! : given, error);
  }

  /** Undefined unless only its single handler must be called. */
  private directPipeline(event: object): Pipeline | undefined {
    if (this.order.isBusy || this.audience.observed || this.dispatcher.gate !== undefined) return undefined;
    if (this.units?.isActive === true) return undefined;
    try {
      return this.dispatcher.pipelinesOf(event).direct;
    } catch {
      return undefined;
    }
  }

  private async publishEach(events: readonly object[], options: PublishOptions | undefined) {
    const list = toEvents(events);
    const { gate } = this.dispatcher;
    if (gate !== undefined) await this.opened(gate);
    const call: Call = { list };
    const deliveries = list.map(event => this.deliver(event, options, call));
    if (options?.onError === 'throw' || deliveries.some(({ isRefused }) => isRefused))
      noteAccepted(
        events,
        list.filter((_, i) => !deliveries[i]!.isRefused),
      );
    const awaited = options?.wait === 'none' ? deliveries.filter(mustSettle) : deliveries;
    const outcomes = awaited.map(({ outcome }) => outcome);
    await Promise.allSettled(outcomes);
    if (deliveries.some(({ isWithin }) => isWithin)) noteAccepted(events, []);
    if (deliveries.some(({ delivery }) => delivery?.isUnstored))
      noteAccepted(
        events,
        list.filter((_, i) => !deliveries[i]!.isRefused && !deliveries[i]!.delivery?.isUnstored),
      );
    return Promise.all(outcomes);
  }

  private deliver(event: object, options: PublishOptions | undefined, call?: Call): Delivered {
    if (this.dispatcher.gate !== undefined)
      return { outcome: this.publishWhenOpen(this.dispatcher.gate, event, options) };
    try {
      options?.signal?.throwIfAborted();
      const unit = this.units?.current(() => `publish() of ${messageName(event)}`);
      const { all, publish } = this.dispatcher.pipelinesOf(event);
      const pipelines = options ? all.map(one => pipelineFor(one, options, this.dispatcher.optionMiddleware)) : all;
      if (unit !== undefined) return this.deliverWithin(unit, { event, pipelines, options, publish }, call);
      if (publish !== undefined) return this.deliverSeen(publish, event, pipelines, options, call);
      const delivery = new EventDelivery(event, pipelines, this.dispatcher, this.reporter, options);
      return this.deliverNow(delivery, pipelines, options, call);
    } catch (error) {
      return { outcome: this.refuse(event, error), isRefused: true };
    }
  }

  private deliverSeen(
    publish: NonNullable<Pipelines['publish']>,
    event: object,
    pipelines: readonly Pipeline[],
    options: PublishOptions | undefined,
    call: Call | undefined,
  ): Delivered {
    const delivery = new ProbedDelivery(event, pipelines, this.dispatcher, this.reporter, options);
    const describe = () => delivery.contextFor(BUS).shared;
    const publishing = publish(
      new PublishedEvent(event, describe, identitiesOf(pipelines), undefined, options?.onError),
    );
    if (publishing === undefined) return this.deliverNow(delivery, pipelines, options, call);
    try {
      return publishing.run(() => this.deliverNow(delivery.probedBy(publishing), pipelines, options, call));
    } catch (error) {
      publishing.end({ error });
      return { outcome: this.fail(event, error), isRefused: true };
    }
  }

  private deliverNow(
    delivery: EventDelivery,
    pipelines: readonly Pipeline[],
    options: PublishOptions | undefined,
    call: Call | undefined,
  ): Delivered {
    const mode = options?.mode ?? 'parallel';
    if (mode !== 'parallel') return this.deliverInTurn(delivery, mode, call);
    const outcome = this.deliverAtOnce(delivery, pipelines, options, call);
    return delivery.isStoring ? { delivery, outcome } : { outcome };
  }

  private deliverWithin(unit: UnitOfWork, held: HeldEvent, call: Call = { list: undefined }): Delivered {
    const later = (call.later ??= { list: call.list });
    const deliverLater: DeliverLater = (delivery, left, after) => {
      const { outcome } = this.deliverNow(delivery, left, after, later);
      return held.options?.wait === 'none' ? SETTLED : outcome;
    };
    const { dispatcher, reporter } = this;
    const delivery = new TransactionalDelivery(unit, held, dispatcher, reporter, deliverLater);
    return { outcome: (call.previous = delivery.deliver(call.previous)), isWithin: true };
  }

  private deliverAtOnce(
    delivery: EventDelivery,
    pipelines: readonly Pipeline[],
    options: PublishOptions | undefined,
    call: Call | undefined,
  ): OutcomePromise {
    const prepared = delivery.prepare();
    delivery.chain = this.order.chain ?? call?.list ?? delivery;
    if (prepared !== undefined || !this.turns.isEmpty)
      this.turns.arrange(delivery, pipelines, prepared, deliver => this.order.run(delivery, deliver));
    const waiting = this.order.add(delivery);
    return waiting === undefined
      ? outcomeOf(delivery, options)
      : harmless(waiting.then(() => outcomeOf(delivery, options)));
  }

  private deliverInTurn(delivery: EventDelivery, mode: 'sequential' | 'untilFailure', call?: Call): Delivered {
    const previous = call?.previous;
    const run = async () => {
      await previous?.catch(() => undefined);
      // Before the handlers, which take time: a saga sees the event before those that its handlers publish and await.
      this.audience.show(delivery);
      await delivery.deliverInTurn(mode);
      return delivery.outcome();
    };
    const outcome = harmless(run());
    if (call !== undefined) call.previous = outcome.catch(() => undefined);
    return { outcome, delivery };
  }

  private publishWhenOpen(gate: StartGate, event: object, options: PublishOptions | undefined): OutcomePromise {
    return harmless(this.opened(gate).then(() => this.publish(event, options)));
  }

  private opened(gate: StartGate): Promise<void> {
    return gate()?.then(() => this.open()) ?? new Promise<void>(resolve => this.early.push(resolve));
  }

  private refuse(event: object, error: unknown): Promise<never> {
    const { probes } = this.dispatcher;
    const describe = () => this.dispatcher.describe(event, typeOfPrototype(prototypeOf(event)), BUS);
    probes.begin('publish', new PublishedEvent(event, describe))?.end({ error });
    return this.fail(event, error);
  }

  private fail(event: object, error: unknown): Promise<never> {
    this.reporter.report(error, event ?? String(event), BUS);
    return harmless(Promise.reject(error));
  }
}

/** One call of `publishAll`, or of `publish` within a unit of work: its events come one after another. */
interface Call {
  /** The events; undefined for a single one. */
  readonly list: readonly object[] | undefined;
  /** Settles when the event before has. Written and read where events are delivered in turn. */
  previous?: Promise<unknown>;
  /** The same of the part that waits for the commit. */
  later?: Call;
}

interface Delivered {
  readonly outcome: OutcomePromise;
  readonly isRefused?: true;
  /** Published within a unit of work. */
  readonly isWithin?: true;
  /** Of an event that is stored for a handler. */
  readonly delivery?: EventDelivery;
}

/** The caller of `publish` waits for the storing, even if it does not wait for handlers. */
const outcomeOf = (delivery: EventDelivery, options: PublishOptions | undefined): OutcomePromise =>
  options?.wait === 'none' && delivery.isStoring ? harmless(delivery.stored()) : delivery.outcome();

/** The caller of `publish` waits for these, even if it does not wait for handlers. */
const mustSettle = ({ isRefused, isWithin, delivery }: Delivered): boolean =>
  isRefused === true || isWithin === true || delivery?.isStoring === true;
