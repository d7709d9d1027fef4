import { randomUUID } from 'node:crypto';
import type { CachedResult, CachedResultAbout, QueryCache } from '../../extension.js';
import type { AnyBentoCache, BusMessage } from './bento.js';
import { keyOfTag, KnownVersions, tagsIn } from './known-versions.js';

/** A failure of Redis must be told: it hides none. */
const TOLD = { suppressL2Errors: false };

/** A month, in milliseconds. No result is kept longer than the versions of its tags. */
const LONGEST = 2_592_000_000;

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

  private readonly known: KnownVersions;

  constructor(
    private readonly bento: AnyBentoCache,
    private readonly disconnect: () => Promise<void>,
  ) {
    this.known = new KnownVersions(bento);
  }

  async get(key: string): Promise<CachedResult | undefined> {
    const found = await this.bento.get({ key, ...TOLD });
    return isStored(found) && (await this.counts(found.versions)) ? found : undefined;
  }

  async begin(tags: readonly string[]): Promise<Versions> {
    const all = await Promise.all(tags.map(tag => this.versionOf(tag)));
    return Object.fromEntries(tags.map((tag, i) => [tag, all[i]!]));
  }

  set(key: string, result: CachedResult, { keep, began }: CachedResultAbout): Promise<unknown> {
    const value: Stored = { ...result, versions: (began as Versions | undefined) ?? {} };
    return this.bento.set({ key, value, ttl: Math.min(Math.ceil(keep), LONGEST), ...TOLD });
  }

  delete(key: string): Promise<unknown> {
    return this.bento.delete({ key, ...TOLD });
  }

  async touch(tags: readonly string[]): Promise<unknown> {
    const told = tags.map(tag => this.bento.set({ key: keyOfTag(tag), value: randomUUID(), ttl: LONGEST, ...TOLD }));
    try {
      return await Promise.all(told);
    } finally {
      this.known.forget(tags);
    }
  }

  async clear(): Promise<void> {
    await this.bento.clear(TOLD);
    this.known.forgetAll();
  }

  onTouched(listener: (tags: readonly string[]) => void): () => void {
    const heard = (said: BusMessage): void => {
      const tags = tagsIn(said);
      if (tags.length > 0) listener(tags);
    };
    this.bento.on('bus:message:received', heard);
    this.bento.use();
    return () => void this.bento.off('bus:message:received', heard);
  }

  close(): Promise<unknown> {
    this.known.close();
    return this.disconnect();
  }

  private async counts(versions: Versions): Promise<boolean> {
    const unknown = Object.entries(versions).filter(([tag, version]) => !this.known.isKnown(tag, version));
    if (unknown.length === 0) return true;
    const present = await Promise.all(unknown.map(([tag]) => this.versionOf(tag)));
    return unknown.every(([, version], i) => present[i] === version);
  }

  /** A tag of which nothing is known, as after Redis had to make room, gets a new version: what had the old one is lost. */
  private versionOf(tag: string): Promise<string> {
    return this.known.remember(tag, () =>
      this.bento.getOrSet({ key: keyOfTag(tag), factory: firstVersion, ttl: LONGEST, ...TOLD }),
    );
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
