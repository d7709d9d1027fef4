import { randomUUID } from 'node:crypto';
import type { CachedResult, CachedResultAbout, QueryCache } from '../../extension.js';
import type { AnyBentoCache, BusMessage } from './bento.js';

/** A failure of Redis must be told: it hides none. */
const TOLD = { suppressL2Errors: false };

/** A month, in milliseconds. No result is kept longer than the versions of its tags. */
const LONGEST = 2_592_000_000;

/** Queries have no key that begins so. */
const TAG = 'tag:';

/** By tag, a text that each touch replaces. */
type Versions = Readonly<Record<string, string>>;

interface Stored extends CachedResult {
  /** Of its tags, before its run began. */
  readonly versions: Versions;
}

/**
 * A result counts as long as each of its tags has the version that it had before the run began. The tags of BentoCache itself
 * compare clocks: of a process whose clock is behind, the touch is not seen; and a result that reaches the cache after a touch
 * counts, although its run began before.
 */
export class BentoQueryCache implements QueryCache {
  readonly name = 'BentoCache';

  constructor(
    private readonly bento: AnyBentoCache,
    private readonly disconnect: () => Promise<void>,
  ) {}

  async get(key: string): Promise<CachedResult | undefined> {
    const found = await this.bento.get({ key, ...TOLD });
    return isStored(found) && (await this.counts(found.versions)) ? found : undefined;
  }

  /** A tag of which nothing is known, as after Redis had to make room, gets a new version: what had the old one is lost. */
  async begin(tags: readonly string[]): Promise<Versions> {
    const versions = tags.map(tag =>
      this.bento.getOrSet({ key: `${TAG}${tag}`, factory: firstVersion, ttl: LONGEST, ...TOLD }),
    );
    const all = await Promise.all(versions);
    return Object.fromEntries(tags.map((tag, i) => [tag, all[i]!]));
  }

  set(key: string, result: CachedResult, { keep, began }: CachedResultAbout): Promise<unknown> {
    const value: Stored = { ...result, versions: (began as Versions | undefined) ?? {} };
    return this.bento.set({ key, value, ttl: Math.min(Math.ceil(keep), LONGEST), ...TOLD });
  }

  delete(key: string): Promise<unknown> {
    return this.bento.delete({ key, ...TOLD });
  }

  touch(tags: readonly string[]): Promise<unknown> {
    return Promise.all(
      tags.map(tag => this.bento.set({ key: `${TAG}${tag}`, value: randomUUID(), ttl: LONGEST, ...TOLD })),
    );
  }

  clear(): Promise<unknown> {
    return this.bento.clear(TOLD);
  }

  onTouched(listener: (tags: readonly string[]) => void): () => void {
    const heard = ({ message: { keys } }: BusMessage): void => {
      const tags = keys.filter(key => key.startsWith(TAG)).map(key => key.slice(TAG.length));
      if (tags.length > 0) listener(tags);
    };
    this.bento.on('bus:message:received', heard);
    this.bento.use();
    return () => void this.bento.off('bus:message:received', heard);
  }

  close(): Promise<unknown> {
    return this.disconnect();
  }

  private async counts(versions: Versions): Promise<boolean> {
    const all = Object.entries(versions);
    const present = await Promise.all(all.map(([tag]) => this.bento.get({ key: `${TAG}${tag}`, ...TOLD })));
    return all.every(([, version], i) => present[i] === version);
  }
}

/** Other processes need not hear of it: nothing was touched. */
const firstVersion: Parameters<AnyBentoCache['getOrSet']>[0]['factory'] = context => {
  context.setOptions({ skipBusNotify: true });
  return randomUUID();
};

/** Another program may write to the same store. */
const isStored = (found: unknown): found is Stored =>
  typeof found === 'object' &&
  found !== null &&
  ['value', 'begun', 'freshUntil', 'versions'].every(name => Object.hasOwn(found, name));
