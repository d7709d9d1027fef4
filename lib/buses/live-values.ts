import type { Observable, Subscriber } from 'rxjs';
import type { LiveQueries } from '../caching/live-queries.js';
import { liveWithoutCache } from '../caching/live-problems.js';
import { toLiveOptions, type LiveOptions } from '../caching/live-options.js';
import type { LiveAsking } from '../caching/live-watcher.js';
import { captureContext } from '../context/context-storage.js';
import { currentCause } from '../context/message-context.js';
import { copyOfOptions } from '../dispatch/dispatch-options.js';
import type { Dispatcher } from '../dispatch/dispatcher.js';
import { NotWiredException } from '../errors/not-wired.exception.js';
import { messageName } from '../messages/inspect-message.js';
import { GuardedObservable } from './guarded-stream.js';

/**
 * Each run, and what the subscriber does, has the asynchronous context of this call.
 * @param live known when the application has started
 * @throws what refuses the query; before the start the stream fails with it
 */
export function liveValues(
  query: object,
  given: unknown,
  dispatcher: Dispatcher,
  live: () => LiveQueries | undefined,
): Observable<unknown> {
  const asking = askingOf(query, copyOfOptions(toLiveOptions(given)), dispatcher);
  const check = () => checked(query, dispatcher, live());
  if (dispatcher.gate === undefined) check();
  const watch = (subscriber: Subscriber<unknown>): void => {
    try {
      const { queries, tags } = check();
      subscriber.add(queries.watch(asking, tags, subscriber));
    } catch (error) {
      subscriber.error(error);
    }
  };
  return new GuardedObservable<unknown>(subscriber => {
    const { gate } = dispatcher;
    if (gate === undefined) return watch(subscriber);
    const opening = gate();
    if (opening === undefined) return subscriber.error(new NotWiredException(messageName(query)));
    const opened = () => {
      if (!subscriber.closed) asking.inContext(() => watch(subscriber));
    };
    opening.then(opened, error => subscriber.error(error));
  });
}

function askingOf(query: object, options: LiveOptions, dispatcher: Dispatcher): LiveAsking {
  const { debounce = 0, errors = 'end', signal, ...ofRun } = options;
  const context = ofRun.context ?? currentCause();
  return {
    ask: ({ headers, ...run }) =>
      dispatcher.execute(query, { ...ofRun, ...run, context, headers: { ...ofRun.headers, ...headers } }),
    inContext: captureContext(),
    debounce,
    errors,
    signal: signal ?? context?.bounds?.signal,
  };
}

function checked(query: object, dispatcher: Dispatcher, queries: LiveQueries | undefined) {
  dispatcher.pipelinesOf(query);
  if (queries === undefined) throw liveWithoutCache(messageName(query));
  return { queries, tags: queries.check(query) };
}
