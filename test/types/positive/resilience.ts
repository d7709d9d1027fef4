import {
  bulkhead,
  circuitBreaker,
  ConsecutiveBreaker,
  ExponentialBackoff,
  fallback,
  handleAll,
  noop,
  retry,
  timeout,
  TimeoutStrategy,
  wrap,
  type IPolicy,
} from 'cockatiel';
import { CommandBus, UseMiddleware, type MiddlewareFunction } from 'nestjs-cqrs';
import { earlyEnd, endsEarly, onAbort, type EarlyEnd } from 'nestjs-cqrs/extension';
import { resilience, type ResilienceOptions, type ResiliencePolicy } from 'nestjs-cqrs/resilience';

const again = retry(handleAll, { maxAttempts: 3, backoff: new ExponentialBackoff() });
const breaker = circuitBreaker(handleAll, { halfOpenAfter: 1_000, breaker: new ConsecutiveBreaker(5) });
const limit = timeout(1_000, TimeoutStrategy.Aggressive);
const any: IPolicy = noop;

export const policies: ResiliencePolicy[] = [
  again,
  breaker,
  bulkhead(10, 5),
  limit,
  noop,
  any,
  fallback(handleAll, 'nothing'),
  wrap(again, breaker, limit),
  { execute: (run, signal) => run({ signal }) },
];

@UseMiddleware(resilience(wrap(again, breaker)), resilience(limit, { at: 'send' }))
export class Charge {
  @UseMiddleware(resilience(bulkhead(1), { at: ['handle', 'store'] }))
  execute() {}
}

export const options: ResilienceOptions[] = [{}, { at: 'store' }, { at: ['send'] }];
export const bus = new CommandBus({ middleware: [resilience(again)] });

export const ending: MiddlewareFunction = endsEarly((message, next, context) => {
  const end: EarlyEnd = earlyEnd(context, ending);
  const ignore: () => void = onAbort(context.signal, () => end.end(new Error('gone')));
  return next(message).finally(() => (ignore(), end.release()));
});
