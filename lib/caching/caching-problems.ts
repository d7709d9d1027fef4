import { harmless } from '../dispatch/failures.js';
import { CqrsException } from '../errors/cqrs.exception.js';
import { describeValue } from '../errors/describe-value.js';
import type { WiringProblem } from '../errors/wiring.exception.js';
import { genuine, isPromiseLike } from '../pipeline/settled.js';

/** Problems at startup. */
export const withoutCache = (where: string): WiringProblem => ({
  code: 'CQRS_NO_CACHE',
  what: '@Cached is used, and the application has no cache.',
  where,
  remedy: 'Give it one: CqrsModule.forRoot({ cache: memoryCache() }).',
});

export const notAQuery = (decorated: string, where: string): WiringProblem => ({
  code: 'CQRS_NOT_CACHEABLE',
  what: `@Cached is for queries that are asked, and it is ${decorated}.`,
  where,
  remedy: 'Take @Cached away.',
});

export const withoutVary = (where: string): WiringProblem => ({
  code: 'CQRS_CACHED_WITHOUT_VARY',
  what: 'The handler is made per request and may answer each caller differently, and @Cached does not say by which headers.',
  where,
  remedy: 'Name them, as in @Cached({ ttl, vary: [tenant] }); vary: [] says that all callers get the same answer.',
});

export const cachedTwice = (where: string): WiringProblem => ({
  code: 'CQRS_CACHED_TWICE',
  what: '@Cached is on the query and on its handler.',
  where,
  remedy: 'Keep one of them.',
});

export const cachedWithEnhancers = (enhancers: readonly string[], where: string): WiringProblem => ({
  code: 'CQRS_NOT_CACHEABLE',
  what: `The ${enhancers.join(', the ')} would not run for a caller whose answer is in the cache.`,
  where,
  remedy: 'Use a middleware, which runs for each caller, or take @Cached away.',
});

export const cachedInTransaction = (where: string): WiringProblem => ({
  code: 'CQRS_NOT_CACHEABLE',
  what: '@Transactional is around the handler, and in a unit of work no answer is kept.',
  where,
  remedy: 'Take one of the two decorators away.',
});

export const touchedByQuery = (where: string): WiringProblem => ({
  code: 'CQRS_INVALID_HANDLER',
  what: '@Touches is for commands and events, and this handles a query, which changes nothing.',
  where,
  remedy: 'Put it on the command or event that changes what the query reads, or on the method that handles that.',
});

export const strayDecorator = (decorator: string, where: string): WiringProblem => ({
  code: 'CQRS_INVALID_HANDLER',
  what: `${decorator} is on ${where}, which handles no message: it has no effect there.`,
  where,
  remedy: 'Put it on a message class, on a handler class or on the method of a handler.',
});

const OF_MESSAGES = 'Let the function give such a list for each message, or validate the field that it reads.';

const invalidTags = (tags: unknown, where: string, remedy: string): CqrsException =>
  new CqrsException({
    code: 'CQRS_INVALID_TAGS',
    what: `Tags must be a list of texts that are not empty, of at most ${LONGEST_TAG} characters, not ${describedTags(tags)}.`,
    where,
    remedy,
  });

/** Stores index it. */
export const LONGEST_TAG = 200;

const describedTags = (tags: unknown): string => {
  if (!Array.isArray(tags)) return describeValue(tags);
  const unfit: unknown = tags.find(tag => !isTag(tag));
  if (unfit === '') return 'a list with an empty text';
  return typeof unfit === 'string' ? `a list with one of ${unfit.length}` : `a list with ${describeValue(unfit)}`;
};

const isTag = (tag: unknown): tag is string => typeof tag === 'string' && tag !== '' && tag.length <= LONGEST_TAG;

/**
 * @returns a copy: the list of the user may change later
 * @throws CqrsException (CQRS_INVALID_TAGS), and what reading the list throws
 */
export function checkedTags(tags: unknown, where: string, remedy = OF_MESSAGES): readonly string[] {
  const all: readonly unknown[] | undefined = Array.isArray(tags) ? Array.from(tags as unknown[]) : undefined;
  if (all?.every(isTag) === true) return all;
  // Nothing else would handle its failure.
  if (isPromiseLike(tags)) harmless(genuine(tags));
  throw invalidTags(all ?? tags, where, remedy);
}
