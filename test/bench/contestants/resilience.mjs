import {
  bulkhead,
  circuitBreaker,
  ConsecutiveBreaker,
  handleAll,
  retry,
  timeout,
  TimeoutStrategy,
  wrap,
} from 'cockatiel';
import { resilience } from 'nestjs-cqrs/resilience';
import { cqrs } from './applications.mjs';
import { handlerTypes, instancesOf, messageTypes } from './classes.mjs';
import { command } from './features.mjs';
import { inTurn } from './requests.mjs';

const again = () => retry(handleAll, { maxAttempts: 3 });
const breaker = () => circuitBreaker(handleAll, { halfOpenAfter: 10_000, breaker: new ConsecutiveBreaker(5) });

/** Policies that have nothing to do: handlers succeed at once. */
export const policies = {
  retry: again,
  'circuit breaker': breaker,
  bulkhead: () => bulkhead(100, 100),
  'time-out': () => timeout(10_000, TimeoutStrategy.Aggressive),
  'all four': () => wrap(again(), breaker(), bulkhead(100, 100), timeout(10_000, TimeoutStrategy.Aggressive)),
};

/** The handler within the policy, no bus. */
export function bare(policy) {
  const types = messageTypes(1);
  const [Handler] = handlerTypes(types);
  const handler = new Handler();
  return inTurn(instancesOf(types), message => policy.execute(() => handler.execute(message)));
}

/** A command, with the policy around its dispatch: by hand, at each place that sends it. */
export async function byHand(policy) {
  const send = await command();
  return () => policy.execute(send);
}

/** The same policy on the handler. */
export const onHandler = policy =>
  command({ decorate: (_type, Handler) => cqrs.UseMiddleware(resilience(policy))(Handler) });

/** A command, no policy. */
export const without = () => command();
