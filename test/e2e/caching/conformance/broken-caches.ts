import type { CachedResult, CachedResultAbout, QueryCache } from 'nestjs-cqrs/extension';
import type { QueryCacheConformanceAdapter } from 'nestjs-cqrs/testing';
import { moment, SharedCache, sharedCaches, Store } from './shared-caches.js';

type Tags = readonly string[];
type Breakage = () => QueryCacheConformanceAdapter;

/** What a broken cache says itself. */
export class Refused extends Error {}

const refuse = (): never => {
  throw new Refused();
};

/** Replaces calls. */
const calls =
  (change: (real: SharedCache, store: Store) => Partial<QueryCache>): Breakage =>
  () =>
    sharedCaches(store => {
      const real = new SharedCache(store);
      const sound: QueryCache = {
        name: real.name,
        get: key => real.get(key),
        begin: tags => real.begin(tags),
        set: (key, result, about) => real.set(key, result, about),
        delete: key => real.delete(key),
        touch: tags => real.touch(tags),
        clear: () => real.clear(),
        onTouched: listener => real.onTouched(listener),
        close: () => real.close(),
      };
      return { ...sound, ...change(real, store) };
    });

/** Changes the results that are set. */
const results = (change: (result: CachedResult) => Partial<CachedResult>): Breakage =>
  calls(real => ({ set: (key, result, about) => real.set(key, { ...result, ...change(result) }, about) }));

const values = (change: (value: unknown) => unknown): Breakage => results(({ value }) => ({ value: change(value) }));

/** Changes the JSON of values. */
const text = (change: (json: string) => string): Breakage =>
  values(value => JSON.parse(change(JSON.stringify(value))) as unknown);

/** Changes what is said of the results that are set. */
const about = (
  change: (about: CachedResultAbout, store: Store, result: CachedResult) => Partial<CachedResultAbout>,
): Breakage =>
  calls((real, store) => ({
    set: (key, result, said) => real.set(key, result, { ...said, ...change(said, store, result) }),
  }));

const keys = (change: (key: string) => string): Breakage =>
  calls(real => ({
    get: key => real.get(change(key)),
    set: (key, result, said) => real.set(change(key), result, said),
    delete: key => real.delete(change(key)),
  }));

const tags = (change: (tag: string) => string): Breakage =>
  calls(real => ({
    begin: all => real.begin(all.map(change)),
    touch: all => real.touch(all.map(change)),
  }));

const touches = (change: (tags: Tags, store: Store) => Tags): Breakage =>
  calls((real, store) => ({ touch: all => real.touch(change(all, store)) }));

/** Changes what is told of touches. */
const told = (change: (tags: Tags, store: Store) => Tags): Breakage =>
  calls((real, store) => {
    const tell = real.tell.bind(real);
    real.tell = all => tell(change(all, store));
    return {};
  });

/** Each process has what it has read in its own memory, and hears of some tags. */
const withMemory = (hears: (tag: string) => boolean): Breakage =>
  calls(real => {
    const memory = new Map<string, CachedResult>();
    const forget = () => memory.clear();
    real.listeners.add(all => void (all.some(hears) && forget()));
    return {
      get: async key => {
        const result = memory.get(key) ?? (await real.get(key));
        if (result !== undefined) memory.set(key, result);
        return result;
      },
      set: (key, result, said) => (forget(), real.set(key, result, said)),
      delete: key => (forget(), real.delete(key)),
      touch: all => (forget(), real.touch(all)),
      clear: () => (forget(), real.clear()),
    };
  });

/** Puts what it has read into its memory, though it was touched meanwhile. */
const withLateMemory = calls(real => {
  const memory = new Map<string, CachedResult>();
  return {
    get: async key => {
      const result = memory.get(key) ?? (await real.get(key));
      await moment();
      if (result !== undefined) memory.set(key, result);
      return result;
    },
    touch: all => (memory.clear(), real.touch(all)),
  };
});

const withoutStore = calls(() => {
  const own = new SharedCache(new Store());
  return { get: key => own.get(key), set: (key, result, said) => own.set(key, result, said) };
});

/** The versions that the tags have, whatever they had. */
const versionsOf = ({ tags: all }: CachedResultAbout, store: Store) => all.map(tag => [tag, store.versionOf(tag)]);

/** Of results that are there. */
const tagsIn = ({ rows }: Store): string[] =>
  [...rows.values()].flatMap(({ versions }) => versions.map(([tag]) => tag));

const removeWhere = ({ rows }: Store, isRemoved: (key: string) => boolean): void => {
  for (const key of [...rows.keys()].filter(isRemoved)) rows.delete(key);
};

/** As a pattern of Redis, roughly. */
const matches = (pattern: string, key: string): boolean =>
  pattern.includes('*') && key.startsWith(pattern.slice(0, pattern.indexOf('*')));

const inUtf8 = (text: string): string => Buffer.from(text).toString();

const CLOSES = /^it has a name/;
const TIMES = /^a result comes back with its times/;
const VALUES = /^values of JSON/;
const KEYS = /^keys that look alike/;
const LAST = /^the result that was set last/;
const KEPT = /^a result is kept as long/;
const OLD = /^a result is answered as long as it is kept/;
const MANY = /^many at once/;
const TOUCHED = /^a touch removes/;
const TAGS = /^tags that look alike/;
const FIFTY = /^each of fifty/;
const AGAIN = /^a result that is set again/;
const LATER = /^a result whose run begins after/;
const BEFORE = /^a result whose run began before the touch is/;
const ABSENT = /^what is not there/;
const CLEARED = /^all results can be removed/;
const SHARED = /^one process gets/;
const DURING = /^a touch while the result is read/;
const HALVES = /^a tag with half/;
const TELLS_HALF = /^it tells a tag with half/;
const ELSEWHERE = /^what another process touches/;
const RECOVERS = /^after another process has touched/;
const BEGAN = /^a result whose run began before the touch of another/;
const REMOVED = /^what another process removes/;
const LEFT = /^a process that closes/;
const HEARD = /^it tells the tags/;
const ONLY = /^it tells of touches/;
const STOPS = /^it tells each listener/;

/** How a cache is broken, and the case that tells. */
export const BROKEN_CACHES: readonly (readonly [how: string, breakage: Breakage, told: RegExp])[] = [
  ['it has no name', calls(() => ({ name: '' })), CLOSES],
  ['it does not close', calls(() => ({ close: () => new Promise(() => undefined) })), CLOSES],
  ['it cannot be closed', calls(() => ({ close: refuse })), CLOSES],

  ['begin has no fractions', results(({ begun }) => ({ begun: Math.round(begun) })), TIMES],
  [
    'times are in seconds',
    results(({ freshUntil }) => ({ freshUntil: Math.floor(freshUntil / 1_000) * 1_000 })),
    TIMES,
  ],
  ['all keys are one', keys(() => 'one'), TIMES],

  ['empty texts are lost', values(value => (value === '' ? undefined : value)), VALUES],
  ['zeros are lost', values(value => (value === 0 ? undefined : value)), VALUES],
  ['false is lost', values(value => (value === false ? undefined : value)), VALUES],
  ['null is lost', values(value => value ?? undefined), VALUES],
  ['zeros of texts are lost', text(json => json.replaceAll('\\u0000', '')), VALUES],
  ['halves of characters are replaced', text(json => json.replaceAll('\\ud800', '?')), VALUES],
  ['texts lose what is not ASCII', text(json => json.replaceAll(/[^ -~]/g, '?')), VALUES],
  ['numbers are whole', values(value => (typeof value === 'number' ? Math.trunc(value) : value)), VALUES],
  ['numbers are of 32 bits', values(value => (value === 2 ** 53 ? 2 ** 31 : value)), VALUES],
  ['lists within lists are flat', values(value => (Array.isArray(value) ? value.flat() : value)), VALUES],
  ['what is empty is left out', text(json => json.replaceAll('{}', 'null')), VALUES],
  ['fields without a name are lost', text(json => json.replaceAll('"":', '"_":')), VALUES],
  ['what has a `then` is awaited', text(json => json.replaceAll(',"then":null', '')), VALUES],
  ['what has a `toJSON` is asked', text(json => json.replaceAll('"toJSON":', '"_":')), VALUES],
  ['`__proto__` is lost', text(json => json.replaceAll('"__proto__":{"own":true},', '')), VALUES],
  ['long texts are cut', values(value => (typeof value === 'string' ? value.slice(0, 400_000) : value)), VALUES],

  ['keys lose their case', keys(key => key.toLowerCase()), KEYS],
  ['keys are cut', keys(key => key.slice(0, 298)), KEYS],
  ['keys lose spaces', keys(key => key.replaceAll(' "', '"')), KEYS],
  ['keys lose spaces before them', keys(key => key.replaceAll('" ', '"')), KEYS],
  ['keys lose quotes', keys(key => key.replaceAll(/\\?['"]/g, '')), KEYS],
  ['keys are normalized', keys(key => key.normalize()), KEYS],
  ['keys lose what is not ASCII', keys(key => key.replaceAll(/[^ -~]/g, '?')), KEYS],
  ['keys are decoded', keys(key => key.replaceAll('%20', ' ')), KEYS],
  ['keys are paths', keys(key => key.replaceAll('\\\\', '/')), KEYS],
  ['keys have one colon', keys(key => key.replaceAll('::', ':')), KEYS],
  [
    'a removed key is a pattern',
    calls((real, store) => ({
      delete: async key => {
        await real.delete(key);
        removeWhere(store, other => matches(key, other));
      },
    })),
    KEYS,
  ],
  ['nothing is removed', calls(() => ({ delete: () => undefined })), KEYS],

  [
    'the first result stays',
    calls(real => ({
      set: async (key, result, said) => {
        if ((await real.get(key)) === undefined) await real.set(key, result, said);
      },
    })),
    LAST,
  ],
  [
    'what was removed is not set again',
    calls(real => {
      const removed = new Set<string>();
      return {
        delete: key => (removed.add(key), real.delete(key)),
        set: (key, result, said) => (removed.has(key) ? undefined : real.set(key, result, said)),
      };
    }),
    LAST,
  ],

  ['results are kept for ever', about(() => ({ keep: Infinity })), KEPT],
  ['results are gone after a moment', about(({ keep }) => ({ keep: Math.min(keep, 20) })), KEPT],
  ['results are gone at once', about(() => ({ keep: 0 })), KEPT],
  ['milliseconds are whole', about(({ keep }) => (Number.isInteger(keep) ? {} : refuse())), KEPT],
  [
    'what is kept for less than a millisecond stays',
    about(({ keep }) => ({ keep: Math.trunc(keep) || Infinity })),
    KEPT,
  ],
  ['milliseconds have 32 bits', about(({ keep }) => ({ keep: keep > 2 ** 31 ? 1 : keep })), KEPT],

  [
    'old results are gone',
    about(({ keep }, _store, { freshUntil }) => ({ keep: freshUntil < Date.now() ? 0 : keep })),
    OLD,
  ],

  [
    'the last of several keys is that of all',
    calls(real => {
      let last: string;
      return {
        set: async (key, result, said) => {
          last = key;
          await moment();
          await real.set(last, result, said);
        },
      };
    }),
    MANY,
  ],

  ['a touch removes nothing', touches(() => []), TOUCHED],
  ['a touch removes all', calls(real => ({ touch: () => real.clear() })), TOUCHED],
  ['a touch has one tag', touches(([first]) => (first === undefined ? [] : [first])), TOUCHED],
  [
    'a touch removes what has no tags',
    calls((real, store) => ({
      touch: async all => {
        await real.touch(all);
        for (const [key, { versions }] of store.rows) if (versions.length === 0) store.rows.delete(key);
      },
    })),
    TOUCHED,
  ],

  ['tags lose their case', tags(tag => tag.toLowerCase()), TAGS],
  ['tags are cut', tags(tag => tag.slice(0, 199)), TAGS],
  ['tags lose spaces', tags(tag => tag.trimEnd()), TAGS],
  ['tags lose spaces within them', tags(tag => tag.replaceAll('  ', ' ')), TAGS],
  ['tags lose quotes', tags(tag => tag.replaceAll(/['"]/g, '')), TAGS],
  ['tags are normalized', tags(tag => tag.normalize()), TAGS],
  ['tags lose what is not ASCII', tags(tag => tag.replaceAll(/[^\n -~]/g, '?')), TAGS],
  [
    'a touched tag is a pattern',
    touches((all, store) => [...all, ...tagsIn(store).filter(tag => all.some(one => matches(one, tag)))]),
    TAGS,
  ],
  ['an odd tag is not known', tags(tag => (tag === '__proto__' ? `${Math.random()}` : tag)), TAGS],

  ['a result has few tags', calls(real => ({ begin: all => real.begin(all.slice(0, 49)) })), FIFTY],

  [
    'a result keeps the tags that it had',
    calls(real => {
      const tagsOf = new Map<string, unknown[]>();
      return {
        set: (key, result, said) => {
          const began = [...(tagsOf.get(key) ?? []), ...((said.began as unknown[] | undefined) ?? [])];
          tagsOf.set(key, began);
          return real.set(key, result, { ...said, began });
        },
      };
    }),
    AGAIN,
  ],
  [
    'a result that is set again has no tags',
    calls(real => {
      const known = new Set<string>();
      return {
        set: (key, result, said) => {
          const isKnown = known.has(key);
          known.add(key);
          return real.set(key, result, isKnown ? { ...said, began: [] } : said);
        },
      };
    }),
    AGAIN,
  ],

  [
    'what was touched is not kept any more',
    calls((real, { versions }) => ({
      set: (key, result, said) => (said.tags.some(tag => versions.has(tag)) ? undefined : real.set(key, result, said)),
    })),
    LATER,
  ],

  ['it does not look when the run began', about((said, store) => ({ began: versionsOf(said, store) })), BEFORE],

  [
    'what is not there cannot be removed',
    calls((real, { rows }) => ({ delete: key => (rows.has(key) ? real.delete(key) : refuse()) })),
    ABSENT,
  ],
  ['an empty touch fails', calls(real => ({ touch: all => (all.length === 0 ? refuse() : real.touch(all)) })), ABSENT],
  [
    'it cannot be cleared twice',
    calls(real => {
      let isCleared = false;
      return {
        clear: () => {
          if (isCleared) refuse();
          isCleared = true;
          return real.clear();
        },
      };
    }),
    ABSENT,
  ],

  ['it is not cleared', calls(() => ({ clear: () => undefined })), CLEARED],
  [
    'what has no tags is not cleared',
    calls((_real, store) => ({
      clear: () => {
        for (const [key, { versions }] of store.rows) if (versions.length > 0) store.rows.delete(key);
      },
    })),
    CLEARED,
  ],
  [
    'a cleared cache keeps nothing',
    calls((real, store) => ({
      set: (key, result, said) => (store.cleared > 0 ? undefined : real.set(key, result, said)),
    })),
    CLEARED,
  ],

  ['each process has results of its own', withoutStore, SHARED],
  ['each process keeps what it has read', withMemory(() => false), SHARED],

  ['what is touched elsewhere stays in memory', withMemory(() => false), ELSEWHERE],
  ['odd tags do not reach other processes', withMemory(tag => /^[ -~]*$/.test(tag)), ELSEWHERE],
  ['what is read during a touch stays in memory', withLateMemory, DURING],
  ['tags reach other processes in UTF-8', withMemory(tag => tag === inUtf8(tag)), HALVES],
  [
    'what was touched comes back',
    calls((real, { versions }) => ({
      touch: async all => {
        const before = all.map(tag => [tag, versions.get(tag) ?? 0] as const);
        await real.touch(all);
        setTimeout(() => before.forEach(([tag, version]) => versions.set(tag, version)), 20);
      },
    })),
    ELSEWHERE,
  ],

  [
    'what was touched elsewhere is not kept any more',
    calls(real => {
      const heard = new Set<string>();
      real.listeners.add(all => all.forEach(tag => heard.add(tag)));
      return {
        set: (key, result, said) => (said.tags.some(tag => heard.has(tag)) ? undefined : real.set(key, result, said)),
      };
    }),
    RECOVERS,
  ],

  [
    'it does not see touches elsewhere during a run',
    about((said, store) => ({ began: versionsOf(said, store) })),
    BEGAN,
  ],
  ['to be cleared ends no runs', calls((_real, { rows }) => ({ clear: () => rows.clear() })), BEGAN],

  ['what another process removes stays in memory', withMemory(() => false), REMOVED],
  ['all is removed', calls(real => ({ delete: () => real.clear() })), REMOVED],
  [
    'each process clears its own results',
    calls((real, { rows }) => {
      const own: string[] = [];
      return {
        set: (key, result, said) => (own.push(key), real.set(key, result, said)),
        clear: () => own.forEach(key => rows.delete(key)),
      };
    }),
    REMOVED,
  ],

  ['results leave with a process', calls((real, { rows }) => ({ close: () => (rows.clear(), real.close()) })), LEFT],

  ['it tells nothing', told(() => []), HEARD],
  ['it cannot tell', calls(() => ({ onTouched: undefined as never })), HEARD],
  ['it tells one tag of several', told(all => all.slice(0, 1)), HEARD],
  ['it tells tags of results', told((all, store) => all.filter(tag => tagsIn(store).includes(tag))), HEARD],
  ['it tells tags in UTF-8', told(all => all.map(inUtf8)), TELLS_HALF],
  ['it tells its own', calls(real => ({ touch: all => (real.hear(all), real.touch(all)) })), HEARD],

  ['it tells the tags of runs', calls(real => ({ begin: all => (real.tell(all), real.begin(all)) })), ONLY],
  [
    'it tells the tags of results that come',
    calls(real => ({ set: (key, result, said) => (real.tell(said.tags), real.set(key, result, said)) })),
    ONLY,
  ],
  [
    'it tells the tags of results that leave',
    calls((real, { rows }) => ({
      delete: key => {
        real.tell(rows.get(key)?.versions.map(([tag]) => tag) ?? []);
        return real.delete(key);
      },
    })),
    ONLY,
  ],

  ['it does not stop', calls(real => ({ onTouched: listener => (real.onTouched(listener), () => undefined) })), STOPS],
  [
    'all stop',
    calls(real => ({ onTouched: listener => (real.onTouched(listener), () => real.listeners.clear()) })),
    STOPS,
  ],
  [
    'it has one listener',
    calls(real => ({ onTouched: listener => (real.listeners.clear(), real.onTouched(listener)) })),
    STOPS,
  ],
];
