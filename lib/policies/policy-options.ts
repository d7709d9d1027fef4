import type { OptionRule } from '../options/option-rules.js';

/** Of an option that is left out, no rule is asked. */
const LEFT_OUT = Symbol('left out');

export const keyFunction: OptionRule = {
  expected: 'a function',
  // A class is what a decorator without parentheses is given.
  accepts: value => typeof value === 'function' && !/^class\b/.test(Function.prototype.toString.call(value)),
  describe: value => (value === LEFT_OUT ? 'undefined' : undefined),
};

export const withKey = (options: object, key: unknown): object => ({ ...options, key: key ?? LEFT_OUT });
