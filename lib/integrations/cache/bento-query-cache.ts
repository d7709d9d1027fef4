import type { CachedResult, CachedResultAbout, QueryCache } from '../../extension.js';
import type { AnyBentoCache, BusMessage } from './bento.js';
import { LONGEST, TagVersions, tagsIn, TOLD, type Versions } from './tag-versions.js';

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

  private readonly versions: TagVersions;

  constructor(
    private readonly bento: AnyBentoCache,
    private readonly disconnect: () => Promise<void>,
  ) {
    this.versions = new TagVersions(bento);
  }

  async get(key: string): Promise<CachedResult | undefined> {
    const found = await this.bento.get({ key, ...TOLD });
    if (!isStored(found)) return undefined;
    const counts = this.versions.areKnown(found.versions) || (await this.counts(found.versions));
    return counts ? found : undefined;
  }

  async begin(tags: readonly string[]): Promise<Versions> {
    const all = await Promise.all(tags.map(tag => this.versions.of(tag)));
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
    return this.versions.touch(tags);
  }

  async clear(): Promise<void> {
    await this.bento.clear(TOLD);
    this.versions.forgetAll();
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
    this.versions.close();
    return this.disconnect();
  }

  private async counts(versions: Versions): Promise<boolean> {
    const all = Object.entries(versions);
    const present = await Promise.all(all.map(([tag]) => this.versions.of(tag)));
    return all.every(([, version], i) => present[i] === version);
  }
}

const FIELDS = ['value', 'begun', 'freshUntil', 'versions'] as const;

/** Another program may write to the same store. */
const isStored = (found: unknown): found is Stored =>
  typeof found === 'object' &&
  found !== null &&
  FIELDS.every(name => Object.hasOwn(found, name)) &&
  typeof (found as Stored).versions === 'object' &&
  (found as Stored).versions !== null;
