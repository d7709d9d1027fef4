import { copyOfHeaders } from '../context/header.js';
import { ContextOrigin } from '../context/context-origin.js';
import { MessageContext, type DispatchOptions } from '../context/message-context.js';
import { CqrsException } from '../errors/cqrs.exception.js';
import { describeValue } from '../errors/invalid-message.exception.js';
import { AsyncContext } from '../scopes/async-context.js';
import { isClass, lineage, nameOf } from '../messages/inspect-message.js';
import {
  flag,
  isPlain,
  milliseconds,
  optionProblems,
  text,
  type OptionRule,
  type OptionRules,
  type RulesFor,
} from '../options/option-rules.js';

/** Rules in an object in which nothing is found that is not one of them. */
export const tableOf = <T extends object>(rules: T): T => Object.assign(Object.create(null) as T, rules);

const object = (expected: string, accepts: (value: object) => boolean = () => true): OptionRule => ({
  expected,
  accepts: value => typeof value === 'object' && value !== null && accepts(value),
});

const isCause = (value: object): boolean => value instanceof MessageContext || value instanceof ContextOrigin;

/** Everything that a caller may say beside a command or query. Each is left out by default. */
export const DISPATCH_OPTIONS: RulesFor<DispatchOptions> = tableOf({
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

/** Options, or what stands for them; undefined of what is neither. */
export function optionsOf(given: unknown): DispatchOptions | undefined {
  if (typeof given !== 'object' || given === null) return undefined;
  if (isPlain(given)) return given;
  if (given instanceof AsyncContext) return { asyncContext: given };
  return given instanceof MessageContext || given instanceof ContextOrigin ? { context: given } : undefined;
}

export function check(options: object, rules: OptionRules, where: string): void {
  if (fit(options, rules)) return;
  const [problem] = optionProblems(options, rules, where);
  const remedy = Object.values(options).some(isForeign) ? { remedy: FOREIGN } : undefined;
  if (problem !== undefined) throw new CqrsException({ ...problem, ...remedy });
}

/** Runs at every call that has options: it looks at what is there and makes nothing. */
export function fit(options: object, rules: OptionRules): boolean {
  for (const key in options) {
    const rule = rules[key];
    if (rule === undefined) return false;
    const value = (options as Record<string, unknown>)[key];
    if (value !== undefined && !rule.accepts(value)) return false;
  }
  return true;
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
