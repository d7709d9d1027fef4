import { CqrsException, type Problem } from '../../errors/cqrs.exception.js';
import { aFunction, assertOptions, count, eachItem, text, type RulesFor } from '../../options/option-rules.js';

/** Which dead letters `list` returns. */
export interface DeadLetterFilter {
  /** Default: all queues of this process. */
  readonly queue?: string | undefined;
  /** Those after the one of this id; needs `queue`. Default: from the oldest on. */
  readonly after?: string | undefined;
  /** At most so many, of each queue. Default: 100. */
  readonly limit?: number | undefined;
}

/** Which dead letters `redrive` takes. */
export interface DeadLetterChoice {
  readonly queue: string;
  /** Default: all that the queue has when the call begins. */
  readonly ids?: readonly string[];
  /** Called after each dead letter. */
  readonly onProgress?: ((done: number) => void) | undefined;
}

/** Which dead letters `discard` takes: `ids`, or `all: true`. */
export type DiscardChoice =
  | (DeadLetterChoice & { readonly ids: readonly string[]; readonly all?: never })
  | (Omit<DeadLetterChoice, 'ids'> & {
      /** All that the queue has when the call begins. */
      readonly all: true;
      readonly ids?: never;
    });

/** How many are read at a time. */
export const PAGE = 100;

const FILTER: RulesFor<DeadLetterFilter> = { queue: text, after: text, limit: count(1) };

const CHOICE: RulesFor<DeadLetterChoice> = { queue: text, ids: eachItem(text), onProgress: aFunction };

const DISCARD: RulesFor<DiscardChoice> = {
  ...CHOICE,
  all: { expected: 'true', accepts: value => value === true },
};

/** @throws CqrsException (CQRS_INVALID_OPTIONS) */
export function toFilter(given: unknown): DeadLetterFilter {
  const where = 'DeadLetters.list()';
  const filter = checked<DeadLetterFilter>(given, FILTER, where);
  if (filter.after === undefined || filter.queue !== undefined) return filter;
  throw refusal(
    where,
    'The option "after" needs the option "queue": each queue has an order of its own.',
    'Give the queue of the dead letter.',
  );
}

/** @throws CqrsException (CQRS_INVALID_OPTIONS) */
export function toRedriveChoice(given: unknown): DeadLetterChoice {
  return choice<DeadLetterChoice>(given, CHOICE, 'DeadLetters.redrive()');
}

/** @throws CqrsException (CQRS_INVALID_OPTIONS) for a choice that does not say which: what is discarded is gone */
export function toDiscardChoice(given: unknown): DeadLetterChoice {
  const where = 'DeadLetters.discard()';
  const { all, ...chosen } = choice<DiscardChoice>(given, DISCARD, where);
  if (all === undefined && chosen.ids === undefined)
    throw refusal(
      where,
      'discard() was not told which dead letters to delete.',
      'Give it their ids, or all: true for all of the queue.',
    );
  if (all !== undefined && chosen.ids !== undefined)
    throw refusal(where, 'discard() was given both ids and all.', 'Leave one of the two out.');
  return chosen;
}

/** @throws CqrsException (CQRS_INVALID_OPTIONS) */
export function checkName(what: string, given: unknown, where: string): void {
  if (!text.accepts(given)) checked({ [what]: given ?? null }, { [what]: text }, where);
}

function choice<T extends object>(given: unknown, rules: RulesFor<T>, where: string): T {
  const found = checked<T>(given, rules, where);
  const chosen: { readonly queue?: unknown; readonly ids?: unknown } = found;
  if (chosen.queue === undefined)
    throw refusal(where, 'The option "queue" is missing.', "Say whose dead letters are meant: { queue: 'mail.send' }.");
  // A list that got lost on the way must not mean all.
  if ('ids' in chosen && chosen.ids === undefined)
    throw refusal(where, 'The option "ids" is undefined.', 'Give it a list of ids.');
  return found;
}

function checked<T extends object>(given: unknown, rules: RulesFor<T>, where: string): T {
  assertOptions(given, rules, where);
  return given as T;
}

const refusal = (where: string, what: string, remedy: string): CqrsException => {
  const problem: Problem = { code: 'CQRS_INVALID_OPTIONS', what, where, remedy };
  return new CqrsException(problem);
};
