import type { Dispatcher } from './dispatcher.js';
import { SETTLED } from './event-delivery.js';
import { isPromiseLike, type FailureReporter } from './failures.js';
import type { Route } from './route.js';

/**
 * Hands an event to its only handler, as an `EventDelivery` would whose failures are reported. It makes no context,
 * which only a failure needs, and one promise where the handler has to be awaited.
 * @param route a direct one
 * @returns resolves when the handler has settled; never rejects
 */
export function handDirectly(
  event: object,
  route: Route,
  dispatcher: Dispatcher,
  reporter: FailureReporter,
): Promise<void> {
  try {
    const result = route.invoker.invoke(event);
    if (!isPromiseLike(result)) return SETTLED;
    const { inFlight } = dispatcher;
    const ended = inFlight === undefined ? nothing : inFlight.begin(route);
    return Promise.resolve(result).then(ended, error => {
      ended();
      report(error, event, route, dispatcher, reporter);
    });
  } catch (error) {
    report(error, event, route, dispatcher, reporter);
    return SETTLED;
  }
}

const nothing = (): void => undefined;

function report(
  error: unknown,
  event: object,
  { type, invoker: { identity } }: Route,
  dispatcher: Dispatcher,
  reporter: FailureReporter,
): void {
  reporter.report(error, event, { handler: identity, context: dispatcher.describe(event, type, identity) });
}
