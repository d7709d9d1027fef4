import { Inject, Injectable } from '@nestjs/common';
import type { MessageContext } from '../context/message-context.js';
import { assertOptions, oneOf, type RulesFor } from '../options/option-rules.js';
import { referenceOf, type CqrsMiddleware, type MiddlewareReference, type Next } from '../pipeline/middleware.js';
import { at } from '../pipeline/place.js';
import { UseMiddleware } from '../pipeline/use-middleware.decorator.js';
import type { Propagation } from './transactions.js';
import { isDecorating, withoutParentheses } from './parentheses.js';
import { withoutUnitOfWork } from './unit-problems.js';
import { UnitsOfWork } from './units-of-work.js';

/** Options of `@Transactional`. */
export interface TransactionalOptions {
  /** Default: `Required`. */
  readonly propagation?: Propagation;
}

/** Runs a handler in the unit of work of its caller, or in one of its own. */
@Injectable()
class Transaction implements CqrsMiddleware {
  protected readonly propagation: Propagation = 'Required';

  constructor(@Inject(UnitsOfWork) private readonly units: UnitsOfWork | undefined) {
    if (units === undefined) throw withoutUnitOfWork();
  }

  intercept(message: object, next: Next, context: MessageContext) {
    return this.units!.run(() => next(message), this.propagation, context);
  }
}

@Injectable()
class OwnTransaction extends Transaction {
  protected override readonly propagation = 'RequiresNew';
}

@Injectable()
class Savepoint extends Transaction {
  protected override readonly propagation = 'Nested';
}

let isUsed = false;

/** If not, no class is searched. */
export const isTransactionalUsed = (): boolean => isUsed;

const MIDDLEWARE = { Required: Transaction, RequiresNew: OwnTransaction, Nested: Savepoint };

const RULES: RulesFor<TransactionalOptions> = { propagation: oneOf(Object.keys(MIDDLEWARE), 'Required') };

/** Whether a middleware is what `@Transactional` uses. */
export const isTransaction = (given: MiddlewareReference): boolean =>
  Object.values<MiddlewareReference>(MIDDLEWARE).includes(referenceOf(given));

/**
 * Runs a command handler, or the handlers of a command class, in a unit of work: what it writes, publishes and enqueues
 * belongs to one transaction. Runs where the handler is called, never where a message is sent or stored. Takes its place
 * among `@UseMiddleware`.
 * @throws CqrsException (CQRS_INVALID_OPTIONS) for other options
 */
export function Transactional(options: TransactionalOptions = {}): ClassDecorator & MethodDecorator {
  if (isDecorating(arguments)) throw withoutParentheses('@Transactional');
  assertOptions(options, RULES, '@Transactional');
  const { propagation = 'Required' } = options;
  isUsed = true;
  return UseMiddleware(at(MIDDLEWARE[propagation], 'handle'));
}
