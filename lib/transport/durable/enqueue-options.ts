import { libraryHeader } from '../../context/header.js';
import type { DispatchOptions } from '../../context/message-context.js';
import { checkOptions, DISPATCH_OPTIONS, optionsOf, tableOf } from '../../dispatch/dispatch-options.js';
import { CqrsException } from '../../errors/cqrs.exception.js';
import { describeValue } from '../../errors/describe-value.js';
import { anything, count, group, text, type RulesFor } from '../../options/option-rules.js';
import { RETRY, type RetryOptions } from './retry-policy.js';
import type { StoreBatch } from './store-batch.js';

/** Options of `enqueue`. */
export interface EnqueueOptions extends Omit<DispatchOptions, 'timeout' | 'asyncContext'> {
  /** Milliseconds before it is handled, on the clock of the engine. Default: 0. */
  readonly delay?: number | undefined;
  /** When it is handled, instead of `delay`; a time that has passed means now. */
  readonly at?: Date | undefined;
  /** In place of the key that `@Durable({ key })` computes. */
  readonly key?: string | undefined;
  /** Once aborted, `enqueue` rejects with its reason. What the engine was sent may be stored all the same. */
  readonly signal?: AbortSignal | undefined;
  /** Over those of `@Durable` and of the module. */
  readonly retry?: RetryOptions | undefined;
  /** A transaction of yours, where the engine can: the message is stored exactly if it commits. */
  readonly transaction?: unknown;
}

/** What the invoker that stores is told beside the message. */
export interface Enqueuing {
  readonly options: EnqueueOptions;
  readonly batch: StoreBatch;
  /** Position in the batch. */
  readonly index: number;
}

export const ENQUEUING = libraryHeader<Enqueuing>('enqueuing');

const { timeout: _timeout, asyncContext: _asyncContext, ...FROM_DISPATCH } = DISPATCH_OPTIONS;

const ENQUEUE_OPTIONS: RulesFor<EnqueueOptions> = tableOf({
  ...FROM_DISPATCH,
  delay: { ...count(0), expected: 'a whole number of milliseconds, 0 or more', code: 'CQRS_INVALID_TIMEOUT' },
  at: {
    expected: 'a valid Date',
    accepts: (value: unknown) => value instanceof Date && !Number.isNaN(value.getTime()),
    describe: (value: unknown) => (value instanceof Date ? 'an invalid Date' : undefined),
  },
  key: text,
  retry: group(RETRY),
  transaction: anything,
});

const WHERE = 'the options of enqueue()';

/** @throws CqrsException (CQRS_INVALID_OPTIONS, CQRS_INVALID_TIMEOUT) */
export function toEnqueueOptions(given: unknown): EnqueueOptions {
  if (given === undefined || given === null) return {};
  const options = optionsOf(given) as EnqueueOptions | undefined;
  if (options === undefined)
    throw new CqrsException({
      code: 'CQRS_INVALID_OPTIONS',
      what: `${WHERE[0]!.toUpperCase()}${WHERE.slice(1)} must be a plain object, not ${describeValue(given)}.`,
      remedy: 'Give such an object, as in { delay: 60_000 }, or nothing.',
    });
  checkOptions(options, ENQUEUE_OPTIONS, WHERE);
  if (options.retry !== undefined) checkOptions(options.retry, RETRY, WHERE);
  if (options.delay === undefined || options.at === undefined) return options;
  throw new CqrsException({
    code: 'CQRS_INVALID_OPTIONS',
    what: 'enqueue() was given both delay and at.',
    where: WHERE,
    remedy: 'Leave one of the two out.',
  });
}
