import { Inject, Injectable } from '@nestjs/common';
import type { MessageContext } from '../context/message-context.js';
import { isA } from '../envelope/typed.js';
import { EnvelopeException } from '../errors/envelope.exception.js';
import { assertOptions, milliseconds, text, type RulesFor } from '../options/option-rules.js';
import type { CqrsMiddleware, Next } from '../pipeline/middleware.js';
import { at } from '../pipeline/place.js';
import { UseMiddleware } from '../pipeline/use-middleware.decorator.js';
import type { PolicyDecorator } from './policy-decorator.js';
import { nameOfUse, Policies } from './policies.js';
import { keyFunction, withKey } from './policy-options.js';
import { notWritten } from './policy-problems.js';

/** Options of `@Idempotent`. */
export interface IdempotentOptions<M extends object = object> {
  /** What a repeated message has in common with the first: a text that is not empty, of at most 500 characters. */
  readonly key: (message: M) => string;
  /** How long a result is kept, in milliseconds. Default: 86,400,000, a day. */
  readonly keep?: number;
  /** Message types with the same name share keys and results. Default: the name of the message type. */
  readonly name?: string;
}

const RULES: RulesFor<IdempotentOptions> = {
  key: keyFunction,
  keep: {
    ...milliseconds,
    accepts: value => milliseconds.accepts(value) && value !== Infinity,
    code: 'CQRS_INVALID_OPTIONS',
  },
  name: text,
};

const DECORATOR = '@Idempotent';

const DAY = 86_400_000;

/**
 * Answers a repeated message with the result of the first, and does not call its handler. A message that comes while the
 * first runs waits for it. After a failure the next one runs. Runs where the handler is called; takes its place among
 * `@UseMiddleware`. Results are in the memory of the process, or in a table: the module option `policies`.
 *
 * Of an event, each handler has keys of its own.
 * @throws CqrsException (CQRS_INVALID_OPTIONS). The dispatch rejects with CQRS_INVALID_KEY, CQRS_KEY_IS_HELD,
 *   CQRS_POLICY_ORDER or CQRS_ROWS_UNDER_KEY; with the reason of its signal if the caller gives up while it waits
 */
export function Idempotent<M extends object>(options: IdempotentOptions<M>): PolicyDecorator<M> {
  assertOptions(typeof options === 'object' ? withKey(options, options.key) : options, RULES, DECORATOR);
  const { keep = DAY } = options;

  @Injectable()
  class Idempotent implements CqrsMiddleware {
    constructor(@Inject(Policies) private readonly policies: Policies) {}

    intercept(message: object, next: Next, context: MessageContext): Promise<unknown> {
      const { catalog, results } = this.policies;
      const what = `the result of ${context.type.name}`;
      const json = {
        toJSON: (result: unknown) => written(() => catalog.valueToJSON(result, what)),
        fromJSON: (value: unknown) => catalog.valueFromJSON(value),
      };
      const name = nameOfUse(context, options.name);
      const use = { decorator: DECORATOR, name, key: options.key(message as M), context };
      return this.policies.underKey(use, results, dispatch =>
        results.once({ ...dispatch, keep, ...json }, () => next(message)),
      );
    }
  }
  return UseMiddleware(at(Idempotent, 'handle'));
}

function written<T>(write: () => T): T {
  try {
    return write();
  } catch (error) {
    throw isA(EnvelopeException, error) ? notWritten(error) : error;
  }
}
