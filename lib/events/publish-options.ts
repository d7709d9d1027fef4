import { CqrsException, type Problem } from '../errors/cqrs.exception.js';
import { asksForFailures, type PublishOptions } from '../buses/bus-options.js';
import { check, copyOfOptions, DISPATCH_OPTIONS, fit, optionsOf, tableOf } from '../dispatch/dispatch-options.js';
import { AsyncContext } from '../scopes/async-context.js';
import { oneOf, type OptionRules, type RulesFor } from '../options/option-rules.js';

/** How the handlers of one event may run, and what may become of their failures. */
export const EVENT_HANDLING = {
  mode: oneOf(['parallel', 'sequential', 'untilFailure'], 'parallel'),
  onError: oneOf(['report', 'throw', 'collect'], 'report'),
  wait: oneOf(['settled', 'none'], 'settled'),
} as const;

/** The same beside an event. */
const PUBLISH_OPTIONS: RulesFor<PublishOptions> = tableOf({ ...DISPATCH_OPTIONS, ...EVENT_HANDLING });

/** Whether a value may be that of an option beside an event. */
export const fitsPublishOption = (name: string, value: unknown): boolean =>
  PUBLISH_OPTIONS[name as keyof PublishOptions].accepts(value);

/** The names of what a caller may say beside an event. */
export const PUBLISH_OPTION_NAMES: readonly string[] = Object.keys(PUBLISH_OPTIONS);

/** What is wrong with options that do not wait for handlers and ask for the failures of handlers. */
export const neitherWaitsNor = ({ onError }: PublishOptions, where: string): Problem => ({
  code: 'CQRS_INVALID_OPTIONS',
  what: `wait: 'none' and onError: '${onError}' exclude each other: a promise that does not wait cannot tell what fails.`,
  where,
  remedy: `Leave one of the two out.`,
});

/** Whether every name is that of an option, and there is one at least. */
function areNamed(options: object, rules: OptionRules): boolean {
  let isNamed = false;
  for (const key in options) {
    if (rules[key] === undefined) return false;
    isNamed = true;
  }
  return isNamed;
}

/** What a caller gave beside an event, told apart. */
export interface PublishArguments {
  readonly options: PublishOptions | undefined;
  readonly dispatcherContext: unknown;
  readonly asyncContext: AsyncContext | undefined;
}

/**
 * Tells apart the overloads of `publish`: options, what stands for them, or a dispatcher context and an `AsyncContext`.
 * @param given the second argument
 * @param asyncContext the third
 * @param isCarried whether a publisher carries the event, to whom anything may be a dispatcher context
 * @throws CqrsException (code CQRS_INVALID_OPTIONS or CQRS_INVALID_TIMEOUT) for options with a value that does not fit
 */
export function toPublishArguments(
  given: unknown,
  asyncContext: AsyncContext | undefined,
  isCarried: boolean,
): PublishArguments {
  if (asyncContext !== undefined && asyncContext !== null) check({ asyncContext }, PUBLISH_OPTIONS, 'publish()');
  if (!asyncContext && given instanceof AsyncContext)
    return { options: { asyncContext: given }, dispatcherContext: undefined, asyncContext: given };
  const options = publishOptionsOf(given);
  if (options === undefined || (isCarried && !fit(options, PUBLISH_OPTIONS)))
    return { options: asyncContext && { asyncContext }, dispatcherContext: given, asyncContext };
  check(options, PUBLISH_OPTIONS, 'publish()');
  if (options.wait === 'none' && asksForFailures(options))
    throw new CqrsException(neitherWaitsNor(options, 'publish()'));
  // A publisher in place of the bus gets options too: to it they may be a dispatcher context that looks like them.
  return {
    options: copyOfOptions(options),
    dispatcherContext: given,
    asyncContext: asyncContext ?? (options.asyncContext as AsyncContext | undefined),
  };
}

/**
 * What was given beside an event as options; undefined where it is the dispatcher context that @nestjs/cqrs hands to
 * publishers, which may be anything: a plain object is that unless it has options and nothing else.
 */
function publishOptionsOf(given: unknown): PublishOptions | undefined {
  const options = optionsOf(given);
  if (options !== given || options === undefined) return options;
  return areNamed(options, PUBLISH_OPTIONS) ? options : undefined;
}
