import { Inject, Injectable } from '@nestjs/common';
import type { MessageContext } from '../context/message-context.js';
import { assertOptions, text, type RulesFor } from '../options/option-rules.js';
import type { CqrsMiddleware, Next } from '../pipeline/middleware.js';
import { at } from '../pipeline/place.js';
import { UseMiddleware } from '../pipeline/use-middleware.decorator.js';
import type { PolicyDecorator } from './policy-decorator.js';
import { nameOfUse, Policies } from './policies.js';
import { keyFunction, withKey } from './policy-options.js';

/** Options of `@Sequential`. */
export interface SequentialOptions {
  /** Message types with the same name wait for each other. Default: the name of the message type. */
  readonly name?: string;
}

const RULES: RulesFor<SequentialOptions & { readonly key: unknown }> = { key: keyFunction, name: text };

const DECORATOR = '@Sequential';

/**
 * Handles messages with the same key one after another, others at once. A failure does not stop those that wait. Runs
 * where the handler is called; takes its place among `@UseMiddleware`. Locks are in the memory of the process, or in
 * PostgreSQL: the module option `policies`.
 * @param key a text that is not empty, of at most 500 characters
 * @throws CqrsException (CQRS_INVALID_OPTIONS). The dispatch rejects with CQRS_INVALID_KEY, CQRS_KEY_IS_HELD,
 *   CQRS_POLICY_ORDER or CQRS_ROWS_UNDER_KEY; with the reason of its signal if the caller gives up before its turn
 */
export function Sequential<M extends object>(
  key: (message: M) => string,
  options: SequentialOptions = {},
): PolicyDecorator<M> {
  assertOptions(withKey(options, key), RULES, DECORATOR);

  @Injectable()
  class Sequential implements CqrsMiddleware {
    constructor(@Inject(Policies) private readonly policies: Policies) {}

    intercept(message: object, next: Next, context: MessageContext): Promise<unknown> {
      const { locks } = this.policies;
      const name = options.name ?? nameOfUse(context);
      const use = { decorator: DECORATOR, name, key: key(message as M), context };
      return this.policies.underKey(use, locks, dispatch => locks.run(dispatch, () => next(message)));
    }
  }
  return UseMiddleware(at(Sequential, 'handle'));
}
