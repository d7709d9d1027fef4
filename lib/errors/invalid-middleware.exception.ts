import { CqrsException } from './cqrs.exception.js';

/** A middleware is neither a function nor an object with `intercept`, or its class cannot be instantiated. */
export class InvalidMiddlewareException extends CqrsException {
  constructor(what: string, remedy: string, where?: string) {
    super({ code: 'CQRS_INVALID_MIDDLEWARE', what, where, remedy });
  }
}
