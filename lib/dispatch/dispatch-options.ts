import { copyOfHeaders } from '../context/header.js';
import { ContextOrigin } from '../context/context-origin.js';
import { MessageContext, type DispatchOptions } from '../context/message-context.js';
import { CqrsException } from '../errors/cqrs.exception.js';
import { describeValue } from '../errors/describe-value.js';
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

/** Without a prototype, whose fields are not rules. */
export const tableOf = <T extends object>(rules: T): T => Object.assign(Object.create(null) as T, rules);

const object = (expected: string, accepts: (value: object) => boolean): OptionRule => ({
  expected,
  accepts: value => typeof value === 'object' && value !== null && accepts(value),
});

const isCause = (value: object): boolean => value instanceof MessageContext || value instanceof ContextOrigin;

export const DISPATCH_OPTIONS: RulesFor<DispatchOptions> = tableOf({
  context: object('a MessageContext or a ContextOrigin', isCause),
  signal: object('an AbortSignal', value => 'throwIfAborted' in value && 'addEventListener' in value),
  // An iterable keeps entries outside of fields.
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

/** In place of options: a dispatch's cause, or the instances that serve it. */
export type BareOptions = MessageContext | ContextOrigin | AsyncContext;

/** @throws CqrsException (CQRS_INVALID_OPTIONS, CQRS_INVALID_TIMEOUT) */
export function toDispatchOptions(given: unknown): DispatchOptions | undefined {
  if (given === undefined || given === null) return undefined;
  const options = optionsOf(given);
  if (options === undefined) throw notOptions(given);
  checkOptions(options, DISPATCH_OPTIONS, 'the options of a dispatch');
  return options;
}

export function optionsOf(given: unknown): DispatchOptions | undefined {
  if (typeof given !== 'object' || given === null) return undefined;
  if (isPlain(given)) return given;
  if (given instanceof AsyncContext) return { asyncContext: given };
  return given instanceof MessageContext || given instanceof ContextOrigin ? { context: given } : undefined;
}

export function checkOptions(options: object, rules: OptionRules, where: string): void {
  if (areFit(options, rules)) return;
  const [problem] = optionProblems(options, rules, where);
  const remedy = Object.values(options).some(isForeign) ? { remedy: FOREIGN } : undefined;
  if (problem !== undefined) throw new CqrsException({ ...problem, ...remedy });
}

/** Runs per call with options: allocates nothing. */
export function areFit(options: object, rules: OptionRules): boolean {
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

/** Of another copy of this package. */
function isForeign(given: unknown): boolean {
  if (typeof given !== 'object' || given === null || given instanceof AsyncContext || isCause(given)) return false;
  if (!isClass(given.constructor)) return false;
  const namesakes = [AsyncContext, MessageContext, ContextOrigin].map(nameOf);
  return lineage(given.constructor).some(type => namesakes.includes(nameOf(type)));
}

/** The caller may change it meanwhile. */
export const copyOfOptions = <T extends DispatchOptions>(options: T): T => ({
  ...options,
  ...(options.headers && { headers: copyOfHeaders(options.headers) }),
});
