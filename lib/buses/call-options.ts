import { copyOfHeaders } from '../context/header.js';
import { ContextOrigin } from '../context/context-origin.js';
import { MessageContext, type DispatchOptions } from '../context/message-context.js';
import { CqrsException, type Problem } from '../errors/cqrs.exception.js';
import { describeValue } from '../errors/invalid-message.exception.js';
import { AsyncContext } from '../handlers/async-context.js';
import { isClass, lineage, nameOf } from '../messages/inspect-message.js';
import {
  flag,
  isPlain,
  milliseconds,
  oneOf,
  optionProblems,
  text,
  type OptionRule,
  type OptionRules,
  type RulesFor,
} from '../options/option-rules.js';
import { asksForFailures, type PublishOptions } from './bus-options.js';

/** How the handlers of one event may run, and what may become of their failures. */
export const EVENT_HANDLING = {
  mode: oneOf(['parallel', 'sequential', 'untilFailure'], 'parallel'),
  onError: oneOf(['report', 'throw', 'collect'], 'report'),
  wait: oneOf(['settled', 'none'], 'settled'),
} as const;

/** Rules in an object in which nothing is found that is not one of them. */
const tableOf = <T extends object>(rules: T): T => Object.assign(Object.create(null) as T, rules);

const object = (expected: string, accepts: (value: object) => boolean = () => true): OptionRule => ({
  expected,
  accepts: value => typeof value === 'object' && value !== null && accepts(value),
});

const isCause = (value: object): boolean => value instanceof MessageContext || value instanceof ContextOrigin;

/** Everything that a caller may say beside a command or query. Each is left out by default. */
const DISPATCH_OPTIONS: RulesFor<DispatchOptions> = tableOf({
  context: object('a MessageContext or a ContextOrigin', isCause),
  signal: object('an AbortSignal', value => 'throwIfAborted' in value && 'addEventListener' in value),
  // What is iterable keeps its entries elsewhere than in fields.
  headers: object('a plain object with headers', value => !(Symbol.iterator in value)),
  messageId: text,
  correlationId: text,
  causationId: text,
  timeout: milliseconds,
  fromOutside: flag(),
  asyncContext: object(
    'an AsyncContext',
    value => value instanceof AsyncContext || ('id' in value && !isForeign(value)),
  ),
});

/** The same beside an event. */
const PUBLISH_OPTIONS: RulesFor<PublishOptions> = tableOf({ ...DISPATCH_OPTIONS, ...EVENT_HANDLING });

/** Whether a value may be that of an option beside an event. */
export const fitsPublishOption = (name: string, value: unknown): boolean =>
  PUBLISH_OPTIONS[name as keyof PublishOptions].accepts(value);

/** The names of what a caller may say beside an event. */
export const PUBLISH_OPTION_NAMES: readonly string[] = Object.keys(PUBLISH_OPTIONS);

/** What a caller may give in place of options: what causes the dispatch, or which instances serve it. */
export type BareOptions = MessageContext | ContextOrigin | AsyncContext;

/**
 * What a caller gave beside a command or query, as options.
 * @throws CqrsException (code CQRS_INVALID_OPTIONS or CQRS_INVALID_TIMEOUT) for an unknown option, and for a value that
 *   does not fit
 */
export function toDispatchOptions(given: unknown): DispatchOptions | undefined {
  if (given === undefined || given === null) return undefined;
  const options = optionsOf(given);
  if (options === undefined) throw notOptions(given);
  check(options, DISPATCH_OPTIONS, 'the options of a dispatch');
  return options;
}

/** What is wrong with options that do not wait for handlers and ask for the failures of handlers. */
export const neitherWaitsNor = ({ onError }: PublishOptions, where: string): Problem => ({
  code: 'CQRS_INVALID_OPTIONS',
  what: `wait: 'none' and onError: '${onError}' exclude each other: a promise that does not wait cannot tell what fails.`,
  where,
  remedy: `Leave one of the two out.`,
});

/** Options, or what stands for them; undefined of what is neither. */
function optionsOf(given: unknown): DispatchOptions | undefined {
  if (typeof given !== 'object' || given === null) return undefined;
  if (isPlain(given)) return given;
  if (given instanceof AsyncContext) return { asyncContext: given };
  return given instanceof MessageContext || given instanceof ContextOrigin ? { context: given } : undefined;
}

function check(options: object, rules: OptionRules, where: string): void {
  if (fit(options, rules)) return;
  const [problem] = optionProblems(options, rules, where);
  const remedy = Object.values(options).some(isForeign) ? { remedy: FOREIGN } : undefined;
  if (problem !== undefined) throw new CqrsException({ ...problem, ...remedy });
}

/** Runs at every call that has options: it looks at what is there and makes nothing. */
function fit(options: object, rules: OptionRules): boolean {
  for (const key in options) {
    const rule = rules[key];
    if (rule === undefined) return false;
    const value = (options as Record<string, unknown>)[key];
    if (value !== undefined && !rule.accepts(value)) return false;
  }
  return true;
}

/** Whether every name is that of an option, and there is one at least. */
function areNamed(options: object, rules: OptionRules): boolean {
  let isNamed = false;
  for (const key in options) {
    if (rules[key] === undefined) return false;
    isNamed = true;
  }
  return isNamed;
}

const FOREIGN = 'It comes from another copy of this package or from @nestjs/cqrs: import the class from here.';

const notOptions = (given: unknown): CqrsException =>
  new CqrsException({
    code: 'CQRS_INVALID_OPTIONS',
    what: `The options of a dispatch must be a plain object, a MessageContext, a ContextOrigin or an AsyncContext, not ${describeValue(given)}.`,
    remedy: isForeign(given) ? FOREIGN : 'Give such an object, as in { context, headers, timeout }, or nothing.',
  });

/** Whether something is of a class of another copy, which has the name of one of these. */
function isForeign(given: unknown): boolean {
  if (typeof given !== 'object' || given === null || given instanceof AsyncContext || isCause(given)) return false;
  if (!isClass(given.constructor)) return false;
  const namesakes = [AsyncContext, MessageContext, ContextOrigin].map(nameOf);
  return lineage(given.constructor).some(type => namesakes.includes(nameOf(type)));
}

/** A copy for what is done later: the caller may use the object again, for something else. */
export const copyOfOptions = <T extends DispatchOptions>(options: T): T => ({
  ...options,
  ...(options.headers && { headers: copyOfHeaders(options.headers) }),
});

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
