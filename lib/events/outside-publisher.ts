import { rememberGiven, type AsyncContext } from '../scopes/async-context.js';
import { messageName, prototypeOf } from '../messages/inspect-message.js';
import { noteAccepted } from './accepted-events.js';
import { toEvents } from './event-list.js';
import type { PublishArguments } from './publish-options.js';
import { harmless, type FailureReporter } from '../dispatch/failures.js';
import type { Dispatcher } from '../dispatch/dispatcher.js';
import { RunCounter } from '../dispatch/run-counter.js';
import type { PublishOutcome } from './publish-outcome.js';
import { ProbedOutside } from './probed-outside.js';
import type { IEventPublisher } from '../buses/publishers.js';

const PUBLISHER = { name: 'eventPublisher' };

/** Named in the report at shutdown. */
class PublishedEvents {}

/** What publishers in place of the bus need of the bus: their work counts for shutdown, is reported and probed. */
export class OutsideWork {
  private readonly runs = new RunCounter(PublishedEvents, PUBLISHER);

  constructor(
    private readonly dispatcher: Dispatcher,
    readonly reporter: FailureReporter,
  ) {}

  follow(published: Promise<unknown>): void {
    const { runningWork } = this.dispatcher;
    if (runningWork !== undefined) void harmless(runningWork.follow(published, this.runs));
  }

  /** Undefined if no probe watches what a publisher gets. */
  probe(given: object, { publisher }: OutsideCall): ProbedOutside | undefined {
    return this.dispatcher.probes.isEmpty
      ? undefined
      : new ProbedOutside(given, nameOfPublisher(publisher), this.dispatcher);
  }
}

/** One call of `publish` or `publishAll`, which a publisher gets in place of the bus. */
export interface OutsideCall {
  readonly publisher: IEventPublisher;
  readonly said: PublishArguments;
  readonly work: OutsideWork;
}

/** Safe to drop: rejections are reported. */
export const publishOutside = (event: object, outside: OutsideCall): Promise<unknown> =>
  reported(event, outside, async () => {
    noteAccepted(event, []);
    const result = await deliverOne(event, outside);
    return collects(outside) ? toOutcome(result, event) : result;
  });

/**
 * Without `publishAll`, calls `publish` for each event without waiting, until one throws; rejected events are not
 * accepted.
 */
export const publishAllOutside = (events: readonly object[], outside: OutsideCall): Promise<unknown> => {
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

export const collects = ({ said }: OutsideCall): boolean => said.options?.onError === 'collect';

/** A publisher may return the outcome of a bus. */
const toOutcome = (result: unknown, event: object): PublishOutcome =>
  Array.isArray((result as Partial<PublishOutcome> | null | undefined)?.failures)
    ? (result as PublishOutcome)
    : outcomeWithoutHandlers(event);

/** No handler is known of a publisher that has not answered. */
export const outcomeWithoutHandlers = (event: object): PublishOutcome => ({
  event,
  handled: [],
  skipped: [],
  failures: [],
});

const deliverOne = (event: object, { publisher, said }: OutsideCall): unknown => {
  admit(event, said.asyncContext);
  return publisher.publish(event, said.dispatcherContext, said.asyncContext);
};

const deliverEach = async (
  events: readonly object[],
  outside: OutsideCall,
  given: readonly object[],
): Promise<unknown> => {
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

/** A publisher may take some and list them in its error's `accepted`. */
const deliverList = async (
  events: readonly object[],
  { publisher, said }: OutsideCall,
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
  { publisher, work }: OutsideCall,
  publish: () => Promise<unknown>,
): Promise<unknown> => {
  const published = harmless(
    // Calls the publisher at once, as callers that do not await expect.
    publish().catch((error: unknown) => {
      work.reporter.report(error, cause ?? 'no event', { name: nameOfPublisher(publisher) });
      throw error;
    }),
  );
  work.follow(published);
  return published;
};

const nameOfPublisher = (publisher: IEventPublisher): string => {
  const name = messageName(publisher);
  return name === '(anonymous class)' ? 'publisher' : name;
};
