import { CqrsException, type Problem } from '../errors/cqrs.exception.js';
import { describeValue } from '../errors/describe-value.js';
import { nearNames } from './near-names.js';

export interface OptionRule {
  /** Completes "The option … must be". */
  readonly expected: string;
  /** Never called with `undefined`, an option left out. */
  accepts(value: unknown): boolean;
  /** Describes an unfit value. Default, and where undefined: what it is. */
  describe?(value: unknown): string | undefined;
  /** Replaces "Give it such a value, or leave it out." */
  readonly remedy?: string;
  readonly default?: unknown;
  /** Replaces CQRS_INVALID_OPTIONS. */
  readonly code?: string;
  readonly within?: OptionRules;
}

export type OptionRules = Readonly<Record<string, OptionRule>>;

/** The compiler finds missing and surplus rules. */
export type RulesFor<T> = { readonly [K in keyof Required<T>]: OptionRule };

export const oneOf = (words: readonly string[], byDefault?: string): OptionRule => ({
  expected: words
    .map(word => `'${word}'`)
    .join(', ')
    .replace(/, (?=[^,]+$)/, ' or '),
  accepts: value => words.includes(value as string),
  default: byDefault,
});

export const flag = (byDefault?: boolean): OptionRule => ({
  expected: 'true or false',
  accepts: value => typeof value === 'boolean',
  default: byDefault,
});

export const text: OptionRule = {
  expected: 'a text that is not empty',
  accepts: value => typeof value === 'string' && value !== '',
};

export const milliseconds: OptionRule = {
  expected: 'a number of milliseconds greater than 0',
  accepts: value => typeof value === 'number' && value > 0,
  code: 'CQRS_INVALID_TIMEOUT',
};

export const count = (least: number, most = Infinity, byDefault?: number): OptionRule => ({
  expected: `a whole number of ${least} ${most === Infinity ? 'or more' : `to ${most}`}`,
  accepts: value =>
    typeof value === 'number' && value >= least && value <= most && (value === Infinity || Number.isInteger(value)),
  default: byDefault,
});

export const aFunction: OptionRule = { expected: 'a function', accepts: value => typeof value === 'function' };

/** Items are checked where they are used. */
export const list: OptionRule = { expected: 'a list', accepts: Array.isArray, default: [] };

export const having = (...methods: string[]): OptionRule => ({
  expected: `an object with ${methods.map(method => `${method}()`).join(' and ')}`,
  accepts: value =>
    typeof value === 'object' &&
    value !== null &&
    methods.every(method => typeof (value as Record<string, unknown>)[method] === 'function'),
});

export const listOfThose = (...methods: string[]): OptionRule => eachItem(having(...methods));

/** Instances of a class. */
export const listOf = (type: abstract new (...args: never[]) => object, expected: string): OptionRule =>
  eachItem({ expected, accepts: value => value instanceof type });

/** A list of what the rule accepts. */
export const eachItem = ({ expected, accepts }: OptionRule): OptionRule => ({
  ...list,
  expected: `a list, and each item ${expected}`,
  accepts: value => Array.isArray(value) && value.every(item => accepts(item)),
  describe: value =>
    Array.isArray(value) ? `a list with ${describeValue(value.find(item => !accepts(item)))}` : printed(value),
});

/** Checked where it is used. */
export const anything: OptionRule = { expected: 'anything', accepts: () => true };

export const group = (within: OptionRules): OptionRule => ({
  expected: 'an object with options',
  accepts: isObject,
  within,
});

const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Of any realm, as `structuredClone` crosses them, or without prototype. */
export const isPlain = (value: object): value is Record<string, unknown> => {
  const prototype = Object.getPrototypeOf(value) as object | null;
  return prototype === null || Object.getPrototypeOf(prototype) === null;
};

/**
 * @param given of a class instance, only the keys in `rules` are checked
 * @param where the call, as `CqrsModule.forRoot()`
 * @returns in the order of the options
 */
export const optionProblems = (given: unknown, rules: OptionRules, where: string): Problem[] =>
  isObject(given)
    ? problemsIn(given as Record<string, unknown>, rules, '', where)
    : [invalid(`The options of ${where}`, group(rules), given, where)];

/**
 * The first of `optionProblems()` is thrown.
 * @throws CqrsException (CQRS_INVALID_OPTIONS, or the code of the rule)
 */
export function assertOptions(given: unknown, rules: OptionRules, where: string): void {
  const [problem] = optionProblems(given, rules, where);
  if (problem !== undefined) throw new CqrsException(problem);
}

function problemsIn(given: Record<string, unknown>, rules: OptionRules, path: string, where: string): Problem[] {
  const unknown = isPlain(given) ? Object.keys(given).filter(key => !Object.hasOwn(rules, key)) : [];
  const problems = unknown.map(key => unknownOption(key, rules, path, where));
  for (const [key, rule] of Object.entries(rules)) {
    const value = given[key];
    if (value === undefined) continue;
    if (!rule.accepts(value)) problems.push(invalid(`The option "${path}${key}"`, rule, value, where));
    else if (rule.within !== undefined)
      problems.push(...problemsIn(value as Record<string, unknown>, rule.within, `${path}${key}.`, where));
  }
  return problems;
}

function unknownOption(key: string, rules: OptionRules, path: string, where: string): Problem {
  const names = Object.keys(rules);
  const [near] = nearNames(key, names);
  return {
    code: 'CQRS_INVALID_OPTIONS',
    what: `There is no option "${path}${key.length > 40 ? `${key.slice(0, 40)}…` : key}".`,
    where,
    remedy:
      near === undefined ? `Use one of these, or leave it out: ${names.join(', ')}.` : `Did you mean "${path}${near}"?`,
  };
}

const invalid = (what: string, rule: OptionRule, value: unknown, where: string): Problem => ({
  code: rule.code ?? 'CQRS_INVALID_OPTIONS',
  what: `${what} must be ${rule.expected}, not ${rule.describe?.(value) ?? printed(value)}.`,
  where,
  remedy: rule.remedy ?? 'Give it such a value, or leave it out.',
});

/** Other values by their kind. */
const printed = (value: unknown): string => {
  if (typeof value === 'string') return value.length > 40 ? 'a long text' : `'${value}'`;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return Array.isArray(value) ? 'a list' : describeValue(value);
};

/** Unfit values count as left out. */
export function withDefaults(given: unknown, rules: OptionRules): Record<string, unknown> {
  const options = (isObject(given) ? given : {}) as Record<string, unknown>;
  const entries = Object.entries(rules).map(([key, rule]) => {
    const value = options[key];
    const fits = value !== undefined && rule.accepts(value) ? value : rule.default;
    return [key, rule.within === undefined ? fits : withDefaults(fits, rule.within)];
  });
  return Object.fromEntries(entries) as Record<string, unknown>;
}
