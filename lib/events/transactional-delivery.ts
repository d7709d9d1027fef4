import type { PublishOptions } from '../buses/bus-options.js';
import type { Dispatcher } from '../dispatch/dispatcher.js';
import { harmless, type FailureReporter } from '../dispatch/failures.js';
import type { Pipeline, Pipelines } from '../dispatch/pipeline.js';
import type { ProbeWatch } from '../dispatch/probe-watch.js';
import { messageName } from '../messages/inspect-message.js';
import type { UnitOfWork } from '../units/unit-of-work.js';
import { EventDelivery } from './event-delivery.js';
import { ProbedDelivery } from './probed-delivery.js';
import { BUS, identitiesOf, PublishedEvent, rolledBack } from './published-event.js';
import { failureOf, type PublishOutcome } from './publish-outcome.js';

/** Delivers the part that has waited for the commit. Never rejects. */
export type DeliverLater = (
  delivery: EventDelivery,
  pipelines: readonly Pipeline[],
  options: PublishOptions,
) => Promise<unknown>;

/** An event that is published within a unit of work. */
export interface HeldEvent {
  readonly event: object;
  /** Of all handlers. */
  readonly pipelines: readonly Pipeline[];
  readonly options: PublishOptions | undefined;
  readonly publish: Pipelines['publish'];
}

/**
 * One event, published within a unit of work: at once to what belongs to the transaction, in turn; to all else,
 * subscribers and sagas too, after the commit. Both parts have one context.
 */
export class TransactionalDelivery {
  private readonly now: EventDelivery;
  private readonly later: readonly Pipeline[];
  private readonly publishing: ProbeWatch | undefined;

  constructor(
    private readonly unit: UnitOfWork,
    private readonly held: HeldEvent,
    dispatcher: Dispatcher,
    reporter: FailureReporter,
    deliverLater: DeliverLater,
  ) {
    const { event, pipelines, options, publish } = held;
    this.later = pipelines.filter(pipeline => !isNow(pipeline));
    // Its failures are told to the publisher, and fail the unit of work: they are not reported beside.
    const told: PublishOptions = { ...options, onError: 'collect' };
    this.now = new EventDelivery(event, pipelines.filter(isNow), dispatcher, reporter, told);
    // The caller of publish has gone on: failures are reported, and its signal has no say any more.
    const after: PublishOptions = { ...options, onError: 'report', signal: undefined };
    const publishing = publish?.(
      new PublishedEvent(event, () => this.now.contextFor(BUS).shared, identitiesOf(pipelines)),
    );
    this.publishing = publishing;
    if (publishing === undefined) {
      const delivery = new EventDelivery(event, this.later, dispatcher, reporter, after, this.now);
      unit.afterCommit(() => deliverLater(delivery, this.later, after));
      return;
    }
    const delivery = new ProbedDelivery(event, this.later, dispatcher, reporter, after, this.now).probedBy(publishing);
    unit.afterCommit(
      () => publishing.run(() => deliverLater(delivery, this.later, after)),
      () => publishing.end({ error: rolledBack(messageName(event)) }),
    );
  }

  /**
   * @param previous event of the same call; if it fails, this one is not delivered
   * @returns rejects if a handler in the transaction fails, or the event cannot be stored: then it is rolled back. Safe
   *   to drop
   */
  deliver(previous: Promise<unknown> | undefined): Promise<PublishOutcome | void> {
    const deliver = () => this.deliverNow(previous);
    const delivered = harmless(this.publishing === undefined ? deliver() : this.publishing.run(deliver));
    this.unit.follow(delivered);
    return delivered;
  }

  private async deliverNow(previous: Promise<unknown> | undefined): Promise<PublishOutcome | void> {
    await previous;
    await this.now.deliverInTurn('untilFailure');
    const { failed } = this.now;
    if (failed.length > 0) {
      const error = failureOf(this.held.event, failed);
      this.unit.doom(error, failed[0]!.handler);
      throw error;
    }
    if (this.held.options?.onError !== 'collect') return undefined;
    return { ...this.now.summary(), held: this.later.map(({ invoker }) => invoker.identity.name) };
  }
}

/** Stored in the transaction, or `@InTransaction()`. */
const isNow = ({ invoker }: Pipeline): boolean => invoker.place === 'store' || invoker.isInTransaction === true;
