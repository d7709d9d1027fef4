import type { AsyncContext } from '../scopes/async-context.js';
import { CqrsException } from '../errors/cqrs.exception.js';
import { asksForFailures, toEvents, type EventHandling, type PublishOptions } from '../buses/bus-options.js';
import { toPublishArguments } from './publish-options.js';
import { DispatcherContexts } from './dispatcher-contexts.js';
import type { EventQueue } from './event-queue.js';
import { publishAllOutside, publishOutside, type PublishingBus } from './outside-publisher.js';
import type { PublishOutcome } from './publish-outcome.js';
import type { IEventPublisher } from '../buses/publishers.js';

/** What is given to an event bus beside events, and what holds there where nothing is given. */
export interface PublishCall {
  /** Options, what stands for them, or a dispatcher context of @nestjs/cqrs. */
  readonly context: unknown;
  readonly asyncContext: AsyncContext | undefined;
  readonly handling: EventHandling | undefined;
  /** The publisher in place of the bus, if there is one. */
  readonly publisher: IEventPublisher | undefined;
}

/** Calls of `publish` and `publishAll`: what is given is told apart and checked, then events go where the bus sends them. */
export class PublishCalls {
  private readonly dispatcherContexts = new DispatcherContexts();

  constructor(
    private readonly queue: EventQueue,
    private readonly bus: PublishingBus,
  ) {}

  /** Publishes one event. */
  publish(event: object, call: PublishCall): Promise<PublishOutcome | void> {
    const { publisher } = call;
    try {
      const said = this.read(call);
      if (publisher) return publishOutside(event, { publisher, said, bus: this.bus }) as Promise<void>;
      return this.queue.publish(event, withHandling(said.options, call.handling));
    } catch (error) {
      return this.queue.refuseCall(event, error);
    }
  }

  /** Publishes several events. */
  publishAll(events: readonly object[], call: PublishCall): Promise<PublishOutcome[] | void> {
    const { publisher } = call;
    try {
      const said = this.read(call);
      if (publisher) return publishAllOutside(events, { publisher, said, bus: this.bus }) as Promise<void>;
      const options = withHandling(said.options, call.handling);
      return this.queue.publishAll(withOwnIds(events, options), options) as Promise<PublishOutcome[]>;
    } catch (error) {
      return this.queue.refuseCall(events, error);
    }
  }

  private read({ context, asyncContext, publisher }: PublishCall) {
    const said = toPublishArguments(context, asyncContext, publisher !== undefined);
    this.dispatcherContexts.look(said);
    return said;
  }
}

/**
 * Each event has an identifier of its own: one that a caller gives can be that of one event alone.
 * @returns the events; what can be read once only has been read
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
