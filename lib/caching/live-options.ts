import type { DispatchOptions } from '../context/message-context.js';
import { DISPATCH_OPTIONS, optionsOf, tableOf, checkOptions } from '../dispatch/dispatch-options.js';
import { CqrsException } from '../errors/cqrs.exception.js';
import { describeValue } from '../errors/describe-value.js';
import { milliseconds, oneOf, type RulesFor } from '../options/option-rules.js';

/** Options of `queries.live()`. Those of a dispatch hold for each run; `signal` ends the stream. */
export interface LiveOptions extends Omit<DispatchOptions, 'messageId'> {
  /** Touches within so many milliseconds of the first are one run. Default: 0, and then those that come during a run. */
  readonly debounce?: number | undefined;
  /**
   * `end`: the first failure ends the stream. `values`: each failure is a value, and the stream goes on; its values are those of
   * `Promise.allSettled()`. Default: `end`.
   */
  readonly errors?: 'end' | 'values' | undefined;
}

const { messageId: _, ...EACH_RUN } = DISPATCH_OPTIONS;

const RULES: RulesFor<LiveOptions> = tableOf({
  ...EACH_RUN,
  debounce: {
    expected: 'a number of milliseconds, 0 or more, and not Infinity',
    accepts: value => value === 0 || (milliseconds.accepts(value) && value !== Infinity),
  },
  errors: oneOf(['end', 'values'], 'end'),
});

/** @throws CqrsException (CQRS_INVALID_OPTIONS, CQRS_INVALID_TIMEOUT) */
export function toLiveOptions(given: unknown): LiveOptions {
  if (given === undefined || given === null) return {};
  const options: LiveOptions | undefined = optionsOf(given);
  if (options === undefined)
    throw new CqrsException({
      code: 'CQRS_INVALID_OPTIONS',
      what: `The options of live() must be a plain object, a MessageContext, a ContextOrigin or an AsyncContext, not ${describeValue(given)}.`,
      remedy: 'Give such an object, as in { signal, debounce: 100 }, or nothing.',
    });
  checkOptions(options, RULES, 'the options of live()');
  return options;
}
