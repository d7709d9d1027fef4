import type { PolicyDecorator } from '../policies/policy-decorator.js';
import { assertOptions, type OptionRule } from '../options/option-rules.js';
import { keyFunction } from '../policies/policy-options.js';
import { checkedTags } from './caching-problems.js';
import { Decorated } from '../messages/decorated.js';

/** Gives the tags that a message touches. */
export type TagsOf<M extends object = object> = (message: M) => readonly string[];

const DECORATOR = '@Touches';

export const tagsFunction: OptionRule = {
  ...keyFunction,
  remedy: 'Give a function, as in message => [`user:${message.userId}`].',
};

export const touching = new Decorated<TagsOf>(DECORATOR);

/**
 * Ends the answers of `@Cached` queries that have one of the tags. A command touches them when it has succeeded, in a unit of
 * work after the commit; an event when it is published, in a unit of work after the commit; on an event handler, when that
 * has succeeded. What fails or is rolled back touches nothing.
 * @throws CqrsException (CQRS_INVALID_OPTIONS). What the tags of a message cannot be read from is logged
 */
export function Touches<M extends object>(tags: TagsOf<M>): PolicyDecorator<M> {
  assertOptions({ tags: tags ?? null }, { tags: tagsFunction }, DECORATOR);
  const said = tags as TagsOf<never> as TagsOf;
  return ((target: object, method?: string | symbol) => touching.write(said, target, method)) as PolicyDecorator<M>;
}

/** @throws CqrsException (CQRS_INVALID_TAGS), and what the function throws */
export const touchedBy = (message: object, tags: TagsOf, name: string): readonly string[] =>
  checkedTags(tags(message), `${DECORATOR} of ${name}`);
