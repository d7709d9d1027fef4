import { rememberGiven, type AsyncContext } from '../scopes/async-context.js';
import { messageName, prototypeOf } from '../messages/inspect-message.js';
import { noteAccepted } from './accepted-events.js';
import { toEvents } from '../buses/bus-options.js';
import type { PublishArguments } from './publish-options.js';
import { harmless, type FailureReporter } from '../dispatch/failures.js';
import type { Dispatcher } from '../dispatch/dispatcher.js';
import { RunCounter } from '../dispatch/run-counter.js';
import type { PublishOutcome } from './publish-outcome.js';
import type { IEventPublisher } from '../buses/publishers.js';

const PUBLISHER = { name: 'eventPublisher' };

/** What runs in the publisher, in the report at the end of the application. */
class PublishedEvents {}

/** What a bus knows of the publisher in its place. */
export class PublishingBus {
  private readonly runs = new RunCounter(PublishedEvents, PUBLISHER);

  constructor(
    private readonly dispatcher: Dispatcher,
    readonly reporter: FailureReporter,
  ) {}

  /** Lets the end of the application wait until the publisher has taken what it was given. */
  follow(published: Promise<unknown>): void {
    const { runningWork } = this.dispatcher;
    if (runningWork !== undefined) void harmless(runningWork.follow(published, this.runs));
  }
}

/** A publisher in place of the bus, and what is said to it beside the events. */
export interface Outside {
  readonly publisher: IEventPublisher;
  readonly said: PublishArguments;
  readonly bus: PublishingBus;
}

/**
 * Hands one event to the publisher that was put in place of the bus.
 * @returns what the publisher returned; a rejection has been reported, so that dropping the promise is safe
 */
export const publishOutside = (event: object, outside: Outside): Promise<unknown> =>
  reported(event, outside, async () => {
    noteAccepted(event, []);
    const result = await deliverOne(event, outside);
    return collects(outside) ? toOutcome(result, event) : result;
  });

/**
 * The same for several events, at once where the publisher can. Where it cannot it is called for one after another
 * without waiting, until one call throws; of those, what it rejects was not accepted.
 */
export const publishAllOutside = (events: readonly object[], outside: Outside): Promise<unknown> => {
  const { publisher, said } = outside;
  return reported(events[0], outside, async () => {
    const list = toEvents(events);
    if (list.length === 0) return [];
    if (publisher.publishAll) for (const event of list) admit(event, said.asyncContext);
    const results: unknown = await (publisher.publishAll ? deliverList : deliverEach)(list, outside, events);
    if (!collects(outside)) return results;
    return list.map((event, i) => toOutcome(Array.isArray(results) ? results[i] : undefined, event));
  });
};

const collects = ({ said }: Outside): boolean => said.options?.onError === 'collect';

/** What became of an event: its publisher may have it from the bus, else nothing is known of handlers. */
const toOutcome = (result: unknown, event: object): PublishOutcome =>
  Array.isArray((result as Partial<PublishOutcome> | null | undefined)?.failures)
    ? (result as PublishOutcome)
    : { event, handled: [], skipped: [], failures: [] };

const deliverOne = (event: object, { publisher, said }: Outside): unknown => {
  admit(event, said.asyncContext);
  return publisher.publish(event, said.dispatcherContext, said.asyncContext);
};

const deliverEach = async (events: readonly object[], outside: Outside, given: readonly object[]): Promise<unknown> => {
  const results: Promise<unknown>[] = [];
  try {
    for (const event of events) results.push(Promise.resolve(deliverOne(event, outside)));
  } catch (error) {
    results.push(Promise.reject(error));
  }
  const settled = await Promise.allSettled(results);
  noteAccepted(
    given,
    events.filter((_, i) => settled[i]?.status === 'fulfilled'),
  );
  return Promise.all(results);
};

/** A publisher that takes only some of several events rejects with an error whose `accepted` lists them. */
const deliverList = async (
  events: readonly object[],
  { publisher, said }: Outside,
  given: readonly object[],
): Promise<unknown> => {
  try {
    return await publisher.publishAll!([...events], said.dispatcherContext, said.asyncContext);
  } catch (error) {
    const accepted: unknown = (error as { accepted?: unknown } | null | undefined)?.accepted;
    if (Array.isArray(accepted)) noteAccepted(given, accepted as object[]);
    throw error;
  }
};

const admit = (event: object, asyncContext: AsyncContext | undefined): void => {
  prototypeOf(event, 'event bus');
  rememberGiven(asyncContext, event);
};

const reported = (
  cause: object | undefined,
  { publisher, bus }: Outside,
  publish: () => Promise<unknown>,
): Promise<unknown> => {
  const published = harmless(
    // The publisher is called before this returns, as callers that do not await expect.
    publish().catch((error: unknown) => {
      bus.reporter.report(error, cause ?? 'no event', { name: nameOfPublisher(publisher) });
      throw error;
    }),
  );
  bus.follow(published);
  return published;
};

const nameOfPublisher = (publisher: IEventPublisher): string => {
  const name = messageName(publisher);
  return name === '(anonymous class)' ? 'publisher' : name;
};
