import { rememberGiven, type AsyncContext } from '../handlers/async-context.js';
import { prototypeOf } from '../messages/inspect-message.js';
import type { PublishArguments } from './bus-options.js';
import { harmless, type FailureReporter } from './failures.js';
import type { IEventPublisher } from './publishers.js';

/**
 * Hands one event to the publisher that was put in place of the bus.
 * @returns what the publisher returned; a rejection has been reported, so that dropping the promise is safe
 */
export const publishOutside = (
  publisher: IEventPublisher,
  event: object,
  said: PublishArguments,
  reporter: FailureReporter,
): Promise<unknown> =>
  reported(event, publisher, reporter, () => {
    admit(event, said.asyncContext);
    return publisher.publish(event, said.dispatcherContext, said.asyncContext);
  });

/** The same for several events, at once where the publisher can. */
export const publishAllOutside = (
  publisher: IEventPublisher,
  events: object[],
  said: PublishArguments,
  reporter: FailureReporter,
): Promise<unknown> =>
  reported(events[0], publisher, reporter, () => {
    for (const event of events) admit(event, said.asyncContext);
    const { dispatcherContext, asyncContext } = said;
    if (publisher.publishAll) return publisher.publishAll(events, dispatcherContext, asyncContext);
    return Promise.all(events.map(event => publisher.publish(event, dispatcherContext, asyncContext)));
  });

const admit = (event: object, asyncContext: AsyncContext | undefined): void => {
  prototypeOf(event, 'event bus');
  rememberGiven(asyncContext, event);
};

const reported = (
  cause: object | undefined,
  publisher: IEventPublisher,
  reporter: FailureReporter,
  publish: () => unknown,
): Promise<unknown> =>
  harmless(
    // The publisher is called before this returns, as callers that do not await expect.
    new Promise(resolve => resolve(publish())).catch((error: unknown) => {
      reporter.report(error, cause ?? 'no event', { handler: { name: publisher.constructor?.name ?? 'publisher' } });
      throw error;
    }),
  );
