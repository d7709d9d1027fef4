import { CqrsException, type Problem } from '../errors/cqrs.exception.js';
import { asksForFailures, type PublishOptions } from '../buses/bus-options.js';
import {
  checkOptions,
  copyOfOptions,
  DISPATCH_OPTIONS,
  areFit,
  optionsOf,
  tableOf,
} from '../dispatch/dispatch-options.js';
import { AsyncContext } from '../scopes/async-context.js';
import { oneOf, type OptionRules, type RulesFor } from '../options/option-rules.js';

export const EVENT_HANDLING = {
  mode: oneOf(['parallel', 'sequential', 'untilFailure'], 'parallel'),
  onError: oneOf(['report', 'throw', 'collect'], 'report'),
  wait: oneOf(['settled', 'none'], 'settled'),
} as const;

const PUBLISH_OPTIONS: RulesFor<PublishOptions> = tableOf({ ...DISPATCH_OPTIONS, ...EVENT_HANDLING });

export const fitsPublishOption = (name: string, value: unknown): boolean =>
  PUBLISH_OPTIONS[name as keyof PublishOptions].accepts(value);

export const PUBLISH_OPTION_NAMES: readonly string[] = Object.keys(PUBLISH_OPTIONS);

export const neitherWaitsNor = ({ onError }: PublishOptions, where: string): Problem => ({
  code: 'CQRS_INVALID_OPTIONS',
  what: `wait: 'none' and onError: '${onError}' exclude each other: a promise that does not wait cannot tell what fails.`,
  where,
  remedy: `Leave one of the two out.`,
});

/** At least one name, and all are options. */
function areNamed(options: object, rules: OptionRules): boolean {
  let isNamed = false;
  for (const key in options) {
    if (rules[key] === undefined) return false;
    isNamed = true;
  }
  return isNamed;
}

export interface PublishArguments {
  readonly options: PublishOptions | undefined;
  readonly dispatcherContext: unknown;
  readonly asyncContext: AsyncContext | undefined;
}

/**
 * Tells apart the overloads of `publish`.
 * @param isCarried whether a publisher carries the event: anything may be its dispatcher context
 * @throws CqrsException (CQRS_INVALID_OPTIONS, CQRS_INVALID_TIMEOUT)
 */
export function toPublishArguments(
  given: unknown,
  asyncContext: AsyncContext | undefined,
  isCarried: boolean,
): PublishArguments {
  if (asyncContext !== undefined && asyncContext !== null) checkOptions({ asyncContext }, PUBLISH_OPTIONS, 'publish()');
  if (!asyncContext && given instanceof AsyncContext)
    return { options: { asyncContext: given }, dispatcherContext: undefined, asyncContext: given };
  const options = publishOptionsOf(given);
  if (options === undefined || (isCarried && !areFit(options, PUBLISH_OPTIONS)))
    return { options: asyncContext && { asyncContext }, dispatcherContext: given, asyncContext };
  checkOptions(options, PUBLISH_OPTIONS, 'publish()');
  if (options.wait === 'none' && asksForFailures(options))
    throw new CqrsException(neitherWaitsNor(options, 'publish()'));
  // To a publisher, options may be a similar dispatcher context.
  return {
    options: copyOfOptions(options),
    dispatcherContext: given,
    asyncContext: asyncContext ?? (options.asyncContext as AsyncContext | undefined),
  };
}

/** With any other name, a plain object is a dispatcher context of @nestjs/cqrs. */
function publishOptionsOf(given: unknown): PublishOptions | undefined {
  const options = optionsOf(given);
  if (options !== given || options === undefined) return options;
  return areNamed(options, PUBLISH_OPTIONS) ? options : undefined;
}
