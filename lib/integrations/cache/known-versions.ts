import type { AnyBentoCache, BusMessage, Hit } from './bento.js';

/** Queries have no key that begins so. */
const TAG = 'tag:';

export const keyOfTag = (tag: string): string => `${TAG}${tag}`;

export const tagsIn = ({ message: { keys } }: BusMessage): string[] =>
  keys.filter(key => key.startsWith(TAG)).map(key => key.slice(TAG.length));

/** The versions of so many tags are remembered, those of the latest. */
const MOST = 10_000;

/**
 * Versions of tags that this process has read, so that a kept result is one `get` and not one more for each of its tags. Only
 * of a store with a memory of its own: the bus that keeps that right keeps this right too, and is heard first.
 */
export class KnownVersions {
  private readonly versions = new Map<string, string>();
  /** Grows when a version may have become another: what was read before is not remembered. */
  private changes = 0;
  private hasMemory = false;

  constructor(private readonly bento: AnyBentoCache) {
    bento.on('bus:message:received', this.heard);
    bento.on('cache:hit', this.hit);
  }

  /** Whether the tag is known to have this version. */
  isKnown(tag: string, version: string): boolean {
    return this.versions.get(tag) === version;
  }

  /** @param read asks the store */
  async remember(tag: string, read: () => Promise<string>): Promise<string> {
    const { changes } = this;
    const version = await read();
    if (!this.hasMemory || changes !== this.changes) return version;
    this.versions.set(tag, version);
    if (this.versions.size > MOST) this.versions.delete(this.versions.keys().next().value!);
    return version;
  }

  forget(tags: readonly string[]): void {
    this.changes += 1;
    for (const tag of tags) this.versions.delete(tag);
  }

  forgetAll(): void {
    this.changes += 1;
    this.versions.clear();
  }

  close(): void {
    this.bento.off('bus:message:received', this.heard);
    this.bento.off('cache:hit', this.hit);
  }

  private readonly heard = (said: BusMessage): void => {
    // A message without keys: the whole store was cleared.
    if (said.message.keys.length === 0) this.forgetAll();
    else this.forget(tagsIn(said));
  };

  /** The first hit of a tag in memory tells that there is one. `get` says "l1" of everything, `getOrSet` what is so. */
  private readonly hit = ({ key, layer, store }: Hit): void => {
    if (layer !== 'l1' || !key.startsWith(TAG) || store !== (this.bento.use() as { name?: unknown }).name) return;
    this.hasMemory = true;
    this.bento.off('cache:hit', this.hit);
  };
}
