import { genuine } from '../pipeline/settled.js';
import type { Dispatcher } from '../dispatch/dispatcher.js';
import { SETTLED } from './event-delivery.js';
import { isPromiseLike, type FailureReporter } from '../dispatch/failures.js';
import type { Route } from '../dispatch/route.js';

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
  let result: unknown;
  try {
    result = route.invoker.invoke(event);
  } catch (error) {
    report(error, event, route, dispatcher, reporter);
    return SETTLED;
  }
  if (!isPromiseLike(result)) return SETTLED;
  const { inFlight } = dispatcher;
  const end = inFlight === undefined ? nothing : inFlight.ending(route);
  const settled = genuine(result).then(end, error => {
    end();
    report(error, event, route, dispatcher, reporter);
  });
  if (inFlight !== undefined) inFlight.begin(route);
  return settled;
}

const nothing = (): void => undefined;

function report(
  error: unknown,
  event: object,
  { type, invoker: { identity } }: Route,
  dispatcher: Dispatcher,
  reporter: FailureReporter,
): void {
  reporter.report(error, event, identity, () => dispatcher.describe(event, type, identity));
}
