import { CqrsException, endsEarly, type MiddlewareFunction, type Place } from '../../extension.js';
import { at } from '../../index.js';
import { PolicyRun, type ResiliencePolicy } from './policy-run.js';

export type { ResiliencePolicy } from './policy-run.js';

/** Options of `resilience()`. */
export interface ResilienceOptions {
  /**
   * One place or several: where the handler is called, where a message leaves for another process, where it is stored.
   * Default: `'handle'`.
   */
  readonly at?: Place | readonly [Place, ...Place[]];
}

/**
 * A middleware that runs what it wraps within a policy of cockatiel: retry, circuit breaker, bulkhead, time-out, or several
 * by `wrap()`. For lists of middleware and `@UseMiddleware`. All that share a policy share its breaker and its slots.
 *
 * The dispatch rejects with DispatchTimeoutException if a time-out of the policy ends it, with the reason of its signal if
 * the caller gives up, and with all other errors as they are (BrokenCircuitError, BulkheadRejectedError).
 * @throws CqrsException (code CQRS_INVALID_OPTIONS) for what is not a policy, and for other options
 */
export function resilience(policy: ResiliencePolicy, options: ResilienceOptions = {}): MiddlewareFunction {
  checkPolicy(policy);
  const places = placesOf(options);
  const resilience: MiddlewareFunction = (message, next, context) =>
    new PolicyRun(policy, context, () => next(message)).result();
  return at(endsEarly(resilience), ...places);
}

const PLACES: readonly Place[] = ['handle', 'send', 'store'];

function checkPolicy(policy: unknown): void {
  if (typeof (policy as Partial<ResiliencePolicy> | null | undefined)?.execute === 'function') return;
  throw invalid(
    'The policy has no function "execute".',
    'Give it a policy of cockatiel, such as retry(handleWhen(isTemporary), { maxAttempts: 3 }).',
  );
}

function placesOf(options: unknown): readonly Place[] {
  if (typeof options !== 'object' || options === null)
    throw invalid('The options must be an object.', "Give it options such as { at: 'send' }, or leave them out.");
  const other = Object.keys(options).find(key => key !== 'at');
  if (other !== undefined) throw invalid(`The option "${other}" is not known.`, 'Use "at", or leave it out.');
  const { at = 'handle' } = options as { at?: unknown };
  const places: readonly unknown[] = Array.isArray(at) ? at : [at];
  if (places.length > 0 && places.every(place => PLACES.includes(place as Place))) return places as Place[];
  throw invalid(
    `The option "at" must be 'handle', 'send' or 'store', or a list of these, not ${JSON.stringify(at) ?? typeof at}.`,
    'Give it such a value, or leave it out.',
  );
}

const invalid = (what: string, remedy: string): CqrsException =>
  new CqrsException({ code: 'CQRS_INVALID_OPTIONS', what, where: 'resilience()', remedy });
