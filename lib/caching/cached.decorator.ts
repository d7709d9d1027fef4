import { HeaderKey } from '../context/header.js';
import { assertOptions, eachItem, milliseconds, type OptionRule, type RulesFor } from '../options/option-rules.js';
import type { PolicyDecorator } from '../policies/policy-decorator.js';
import { keyFunction } from '../policies/policy-options.js';
import { Decorated } from '../messages/decorated.js';
import { tagsFunction } from './touches.decorator.js';

/** Options of `@Cached`. */
export interface CachedOptions<Q extends object = object> {
  /** How long an answer is fresh, in milliseconds. */
  readonly ttl: number;
  /**
   * What the answer is read from, such as `user:42`. `@Touches` of a command or event with one of them ends it. Default: none,
   * only time ends it.
   */
  readonly tags?: (query: Q) => readonly string[];
  /** Headers on which the answer depends. An answer that was made with others is not kept. Default: none. */
  readonly vary?: readonly HeaderKey<unknown>[];
  /** In place of the fields of the query: queries with the same text have the same answer. */
  readonly key?: (query: Q) => string;
  /**
   * For so many milliseconds after `ttl`, the old answer is given while one run fetches a new one. Default: 0. A touched
   * answer has no grace.
   */
  readonly grace?: number;
  /** Whether `undefined` and `null` are kept; a number says for how many milliseconds. Default: false. */
  readonly negative?: boolean | number;
  /**
   * Which part of `ttl` may be taken off, at random, so that answers that came together do not end together: 0 to 1.
   * Default: 0.1.
   */
  readonly jitter?: number;
}

const DECORATOR = '@Cached';

const finite: OptionRule = {
  expected: 'a number of milliseconds greater than 0, and not Infinity',
  accepts: value => milliseconds.accepts(value) && value !== Infinity,
};

const RULES: RulesFor<CachedOptions> = {
  ttl: {
    ...finite,
    describe: value => (value === null ? 'left out' : undefined),
    remedy: 'Give it such a value: it has no default.',
  },
  tags: tagsFunction,
  vary: eachItem({ expected: 'a header, as header() makes it', accepts: value => value instanceof HeaderKey }),
  key: keyFunction,
  grace: {
    expected: 'a number of milliseconds, 0 or more, and not Infinity',
    accepts: value => value === 0 || finite.accepts(value),
  },
  negative: {
    expected: 'true, false, or a number of milliseconds greater than 0',
    accepts: value => typeof value === 'boolean' || finite.accepts(value),
  },
  jitter: {
    expected: 'a number of 0 to 1',
    accepts: value => typeof value === 'number' && value >= 0 && value <= 1,
  },
};

export const cached = new Decorated<CachedOptions>(DECORATOR);

/**
 * Keeps answers of a query in the cache of the module option `cache`. Middleware runs for each caller; the handler runs once
 * for equal queries that are asked at the same time, and not at all while an answer is kept.
 * @throws CqrsException (CQRS_INVALID_OPTIONS)
 */
export function Cached<Q extends object>(options: CachedOptions<Q>): PolicyDecorator<Q> {
  assertOptions(withTtl(options), RULES, DECORATOR);
  const said = { ...options } as CachedOptions<never> as CachedOptions;
  return ((target: object, method?: string | symbol) => cached.write(said, target, method)) as PolicyDecorator<Q>;
}

/** `ttl` has no default. */
const withTtl = (options: unknown): unknown =>
  typeof options === 'object' && options !== null && (options as { ttl?: unknown }).ttl === undefined
    ? { ...options, ttl: null }
    : options;
