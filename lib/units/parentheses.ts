import { CqrsException } from '../errors/cqrs.exception.js';

/** Whether a decorator that must be called was given what is decorated: JavaScript has no compiler that says so. */
export const isDecorating = (given: ArrayLike<unknown>): boolean => typeof given[0] === 'function' || given.length > 1;

/** @param decorator with its `@` */
export const withoutParentheses = (decorator: string): CqrsException =>
  new CqrsException({
    code: 'CQRS_INVALID_OPTIONS',
    what: `${decorator} is written without parentheses.`,
    remedy: `Write ${decorator}().`,
  });
