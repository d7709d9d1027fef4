import type { MessageContext } from '../context/message-context.js';
import { promised } from '../pipeline/settled.js';
import type { Dispatcher } from './dispatcher.js';
import type { Route } from './route.js';
import { isPromiseLike, type FailureReporter } from './failures.js';

/** The promise of a delivery in which nothing runs any more. */
const SETTLED = Promise.resolve();

/**
 * Hands an event to handlers that are called at once, all of them in one go, as an `EventDelivery` would whose
 * failures are reported. It makes no context, which only a failure needs, and one promise a handler that has to be
 * awaited.
 * @param routes direct ones
 * @returns resolves when all handlers have settled; never rejects
 */
export function handDirectly(
  event: object,
  routes: readonly Route[],
  dispatcher: Dispatcher,
  reporter: FailureReporter,
): Promise<void> {
  if (routes.length === 1) return handToOne(event, routes[0]!, dispatcher, reporter);
  const { inFlight } = dispatcher;
  let first: MessageContext | undefined;
  let running = 0;
  let finish: (() => void) | undefined;
  const fail = (error: unknown, route: Route) => {
    first = report(error, event, route, dispatcher, reporter, first);
  };
  const settle = (ended: () => void) => {
    ended();
    running -= 1;
    if (running === 0) finish?.();
  };
  const hand = (route: Route) => {
    try {
      const result = route.invoker.invoke(event);
      if (!isPromiseLike(result)) return;
      const ended = inFlight === undefined ? nothing : inFlight.begin(route);
      running += 1;
      void promised(result).then(
        () => settle(ended),
        error => (fail(error, route), settle(ended)),
      );
    } catch (error) {
      fail(error, route);
    }
  };
  for (let i = 0; i < routes.length; i++) hand(routes[i]!);
  return running === 0 ? SETTLED : new Promise(resolve => (finish = resolve));
}

function handToOne(event: object, route: Route, dispatcher: Dispatcher, reporter: FailureReporter): Promise<void> {
  try {
    const result = route.invoker.invoke(event);
    if (!isPromiseLike(result)) return SETTLED;
    const { inFlight } = dispatcher;
    const ended = inFlight === undefined ? nothing : inFlight.begin(route);
    return promised(result).then(ended, error => {
      ended();
      report(error, event, route, dispatcher, reporter);
    });
  } catch (error) {
    report(error, event, route, dispatcher, reporter);
    return SETTLED;
  }
}

const nothing = (): void => undefined;

/** Reports the failure of one handler; returns the context made for the first failure of the delivery. */
function report(
  error: unknown,
  event: object,
  { type, invoker: { identity } }: Route,
  dispatcher: Dispatcher,
  reporter: FailureReporter,
  first?: MessageContext,
): MessageContext {
  const context = first?.for(identity) ?? dispatcher.describe(event, type, identity);
  reporter.report(error, event, { handler: identity, context });
  return first ?? context;
}
