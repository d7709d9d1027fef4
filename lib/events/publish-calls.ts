import type { AsyncContext } from '../scopes/async-context.js';
import { CqrsException } from '../errors/cqrs.exception.js';
import { asksForFailures, type EventHandling, type PublishOptions } from '../buses/bus-options.js';
import { toEvents } from './event-list.js';
import { toPublishArguments } from './publish-options.js';
import { DispatcherContexts } from './dispatcher-contexts.js';
import type { EventQueue } from './event-queue.js';
import {
  collects,
  outcomeWithoutHandlers,
  publishAllOutside,
  publishOutside,
  type OutsideCall,
  type OutsideWork,
} from './outside-publisher.js';
import type { PublishOutcome } from './publish-outcome.js';
import type { IEventPublisher } from '../buses/publishers.js';

export interface PublishCall {
  /** Options, a short form, or a dispatcher context of @nestjs/cqrs. */
  readonly context: unknown;
  readonly asyncContext: AsyncContext | undefined;
  readonly handling: EventHandling | undefined;
  /** Replaces the bus. */
  readonly publisher: IEventPublisher | undefined;
}

export class PublishCalls {
  private readonly dispatcherContexts = new DispatcherContexts();

  constructor(
    private readonly queue: EventQueue,
    private readonly work: OutsideWork,
  ) {}

  publish(event: object, call: PublishCall): Promise<PublishOutcome | void> {
    const { publisher } = call;
    try {
      const said = this.read(call);
      if (publisher) {
        const outside = { publisher, said, work: this.work };
        return this.outside(outside, event, publishOutside, outcomeWithoutHandlers);
      }
      return this.queue.publish(event, withHandling(said.options, call.handling));
    } catch (error) {
      return this.queue.refuseCall(event, error);
    }
  }

  publishAll(events: readonly object[], call: PublishCall): Promise<PublishOutcome[] | void> {
    const { publisher } = call;
    try {
      const said = this.read(call);
      if (publisher) {
        const outside = { publisher, said, work: this.work };
        // The caller may change its list before the commit.
        const list = this.queue.units?.current(publishing) === undefined ? events : toEvents(events);
        return this.outside(outside, list, publishAllOutside, all => all.map(outcomeWithoutHandlers));
      }
      const options = withHandling(said.options, call.handling);
      return this.queue.publishAll(withOwnIds(events, options), options) as Promise<PublishOutcome[]>;
    } catch (error) {
      return this.queue.refuseCall(events, error);
    }
  }

  /** A publisher gets what is published in a unit of work after the commit; its failures are reported. */
  private outside<T extends object>(
    outside: OutsideCall,
    given: T,
    publish: (given: T, outside: OutsideCall) => Promise<unknown>,
    outcomeOf: (given: T) => unknown,
  ): Promise<never> {
    const unit = this.queue.units?.current(publishing);
    const probed = this.work.probe(given, outside);
    const publishOnce = () => publish(given, outside);
    const deliver = probed === undefined ? publishOnce : () => probed.during(publishOnce);
    if (unit === undefined) return deliver() as Promise<never>;
    unit.afterCommit(
      () => deliver().catch(() => undefined),
      () => probed?.rolledBack(),
    );
    return Promise.resolve(collects(outside) ? outcomeOf(given) : undefined) as Promise<never>;
  }

  private read({ context, asyncContext, publisher }: PublishCall) {
    const said = toPublishArguments(context, asyncContext, publisher !== undefined);
    this.dispatcherContexts.look(said);
    return said;
  }
}

const publishing = (): string => 'publish()';

/**
 * A `messageId` identifies one event.
 * @returns the events, copied if not an array
 */
function withOwnIds(events: readonly object[], options: PublishOptions | undefined): readonly object[] {
  if (options?.messageId === undefined) return events;
  const list = Array.isArray(events) ? events : toEvents(events);
  if (list.length < 2) return list;
  throw new CqrsException({
    code: 'CQRS_INVALID_OPTIONS',
    what: 'publishAll() was given one messageId for several events.',
    remedy: 'Leave it out, or publish each event with a messageId of its own.',
  });
}

function withHandling(
  options: PublishOptions | undefined,
  handling: EventHandling | undefined,
): PublishOptions | undefined {
  if (!handling || !options) return options ?? handling;
  const wait = options.wait ?? (asksForFailures(options) ? 'settled' : handling.wait);
  return { ...options, mode: options.mode ?? handling.mode, onError: options.onError ?? handling.onError, wait };
}
