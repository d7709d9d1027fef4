import { randomUUID } from 'node:crypto';
import type { AnyBentoCache, BusMessage, Hit } from './bento.js';

/** A failure of Redis must be told, and nothing that has expired is wanted: not hidden by an older value. */
export const TOLD = { suppressL2Errors: false, grace: false } as const;

/** A month, in milliseconds. No result is kept longer than the versions of its tags. */
export const LONGEST = 2_592_000_000;

/** By tag, a text that each touch replaces. */
export type Versions = Readonly<Record<string, string>>;

/** Queries have no key that begins so. */
const TAG = 'tag:';

/** Of a tag with half of a character, which does not reach other processes as it is. */
const HALVES = 'tag*:';

const keyOf = (tag: string): string =>
  /\p{Surrogate}/u.test(tag) ? `${HALVES}${JSON.stringify(tag)}` : `${TAG}${tag}`;

export const tagsIn = ({ message: { keys } }: BusMessage): string[] =>
  keys.flatMap(key => {
    if (key.startsWith(TAG)) return [key.slice(TAG.length)];
    return key.startsWith(HALVES) ? [JSON.parse(key.slice(HALVES.length)) as string] : [];
  });

/** The versions of so many tags are remembered, those of the latest. */
const MOST = 10_000;

/** A version that is touched again and again while it is read is read so often. */
const TRIES = 5;

/** What no tag has. */
const NO_VERSION = 'none';

interface Reading {
  /** It was touched meanwhile: what was read may be the version before. */
  isOvertaken: boolean;
  version: Promise<string>;
}

/**
 * The versions of tags in one store. Those that this process has read are remembered, so that a kept result is one `get` and
 * not one more for each of its tags: only of a store with a memory of its own, whose bus tells of the touches of others.
 */
export class TagVersions {
  private readonly known = new Map<string, string>();
  /**
   * At most one of a tag, also if it hangs: BentoCache puts into the memory what it has read, and of two readings, one would find
   * there for a moment what the other has read before a touch.
   */
  private readonly readings = new Map<string, Reading>();
  private hasMemory = false;

  constructor(private readonly bento: AnyBentoCache) {
    bento.on('bus:message:received', this.heard);
    bento.on('cache:hit', this.hit);
  }

  /** Whether all these tags are known to have these versions. */
  areKnown(versions: Versions): boolean {
    for (const tag in versions) if (this.known.get(tag) !== versions[tag]) return false;
    return true;
  }

  /** A tag of which nothing is known, as after Redis had to make room, gets a new version: what had the old one is lost. */
  of(tag: string): Promise<string> {
    const present = this.readings.get(tag);
    if (present !== undefined) return present.version;
    const reading = { isOvertaken: false } as Reading;
    this.readings.set(tag, reading);
    return (reading.version = this.read(tag, reading));
  }

  async touch(tags: readonly string[]): Promise<unknown> {
    const set = (tag: string) => this.bento.set({ key: keyOf(tag), value: randomUUID(), ttl: LONGEST, ...TOLD });
    try {
      return await Promise.all(tags.map(set));
    } finally {
      // A version that was read from Redis meanwhile may have come after the new one.
      await Promise.all(tags.map(tag => this.leaveMemory(tag)));
    }
  }

  forgetAll(): void {
    this.known.clear();
    for (const reading of this.readings.values()) reading.isOvertaken = true;
  }

  close(): void {
    this.bento.off('bus:message:received', this.heard);
    this.bento.off('cache:hit', this.hit);
  }

  private async read(tag: string, reading: Reading): Promise<string> {
    const question = { key: keyOf(tag), factory: firstVersion, ttl: LONGEST, ...TOLD };
    try {
      for (let i = 0; i < TRIES; i++) {
        const version = await this.bento.getOrSet(question);
        if (!reading.isOvertaken) return this.remember(tag, version);
        await this.leaveMemory(tag);
        reading.isOvertaken = false;
      }
      return NO_VERSION;
    } finally {
      this.readings.delete(tag);
    }
  }

  private remember(tag: string, version: string): string {
    if (!this.hasMemory) return version;
    this.known.set(tag, version);
    if (this.known.size > MOST) this.known.delete(this.known.keys().next().value!);
    return version;
  }

  /** Out of the memory of this process alone: the store behind it is asked again, also by readings that are under way. */
  private async leaveMemory(tag: string): Promise<void> {
    try {
      await this.bento.set({ key: keyOf(tag), value: '', ttl: -1, skipL2Write: true, skipBusNotify: true, ...TOLD });
    } finally {
      this.overtake([tag]);
    }
  }

  private overtake(tags: readonly string[]): void {
    for (const tag of tags) {
      this.known.delete(tag);
      const reading = this.readings.get(tag);
      if (reading !== undefined) reading.isOvertaken = true;
    }
  }

  private readonly heard = (said: BusMessage): void => {
    // A message without keys: the whole store was cleared.
    if (said.message.keys.length === 0) this.forgetAll();
    else this.overtake(tagsIn(said));
  };

  /** The first hit of a tag in memory tells that there is one. `get` says "l1" of everything, `getOrSet` what is so. */
  private readonly hit = ({ key, layer, store }: Hit): void => {
    if (layer !== 'l1' || !key.startsWith(TAG) || store !== (this.bento.use() as { name?: unknown }).name) return;
    this.hasMemory = true;
    this.bento.off('cache:hit', this.hit);
  };
}

/** Other processes need not hear of it: nothing was touched. */
const firstVersion: Parameters<AnyBentoCache['getOrSet']>[0]['factory'] = context => {
  context.setOptions({ skipBusNotify: true });
  return randomUUID();
};
