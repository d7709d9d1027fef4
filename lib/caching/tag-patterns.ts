import type { CachedOptions } from './cached.decorator.js';
import { checkedTags } from './caching-problems.js';
import type { TagsOf } from './touches.decorator.js';

/** What `@Cached` says, as the wiring shows it. */
export interface CachedDescription {
  readonly ttl: number;
  readonly grace?: number;
  /** As `user:{userId}`; undefined if the function does not tell. */
  readonly tags: readonly string[] | undefined;
  /** Names of headers. */
  readonly vary: readonly string[];
}

export const describeCached = ({ ttl, grace, tags, vary = [] }: CachedOptions): CachedDescription => ({
  ttl,
  ...(grace !== undefined && { grace }),
  tags: tags === undefined ? [] : patternsOf(tags),
  vary: vary.map(({ name }) => name),
});

/**
 * The tags of any message: the function is called with one whose fields name themselves.
 * @returns undefined if it needs to know more
 */
export function patternsOf(tags: TagsOf): readonly string[] | undefined {
  try {
    return checkedTags(tags(placeholder('', readsLeft()) as object), 'the wiring');
  } catch {
    return undefined;
  }
}

/** Whether one tag may have both forms. */
export const mayMeet = (one: string, other: string): boolean =>
  regExpOf(one).test(exampleOf(other)) || regExpOf(other).test(exampleOf(one));

const FIELD = /\{[^}]*\}/g;

const exampleOf = (pattern: string): string => pattern.replace(FIELD, 'x');

const regExpOf = (pattern: string): RegExp => new RegExp(`^${pattern.split(FIELD).map(escaped).join('.+')}$`, 's');

const escaped = (text: string): string => text.replace(/[$()*+.?[\\\]^{|}]/g, String.raw`\$&`);

/** A function that reads more follows something without end, such as the parent of a parent. */
const MOST_READS = 1_000;

/** @returns call it for each read. Throws when there are too many */
function readsLeft(): () => void {
  let left = MOST_READS;
  return () => {
    left -= 1;
    if (left < 0) throw new Error('The function reads too much to show its tags.');
  };
}

/** Stands for a value: in a text it is its path, and each item of it is like the first. */
function placeholder(path: string, read: () => void): unknown {
  const text = () => `{${path}}`;
  const inner = (name: string) => placeholder(name, read);
  return new Proxy(text, {
    get: (_target, key) => {
      read();
      if (key === Symbol.toPrimitive || key === 'toString' || key === 'valueOf') return text;
      if (key === Symbol.iterator) return () => [inner(path)][Symbol.iterator]();
      if (typeof key === 'symbol') return undefined;
      if (key === 'map') return (each: (item: unknown) => unknown) => [inner(path)].map(each);
      return inner(path === '' ? key : `${path}.${key}`);
    },
    apply: () => {
      read();
      return inner(`${path}()`);
    },
  });
}
