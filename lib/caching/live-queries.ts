import { createHash } from 'node:crypto';
import { runInNone } from '../context/context-storage.js';
import type { MessageContext } from '../context/message-context.js';
import type { MessageCatalog } from '../envelope/message-catalog.js';
import { nameOf, typeOfPrototype } from '../messages/inspect-message.js';
import type { MessageType } from '../messages/message.js';
import type { UnitsOfWork } from '../units/units-of-work.js';
import type { CachedOptions } from './cached.decorator.js';
import { checkedTags } from './caching-problems.js';
import { LiveAnswers, type LiveOutcome } from './live-answers.js';
import { liveInUnit, liveWithoutCached, liveWithoutTags } from './live-problems.js';
import { LiveWatcher, WATCHER, type LiveAsking, type LivePlace, type LiveSink } from './live-watcher.js';
import type { TouchedTags } from './touched-tags.js';

/** So many watchers ask in one turn of the event loop. */
const TURN = 100;

/** Longer texts are hashed: each watcher keeps one. */
const LONGEST_TEXT = 100;

const NO_VALUE = 'undefined';

/** All that watch queries in one application. */
export class LiveQueries implements LivePlace {
  readonly answers = new LiveAnswers();
  private readonly watchers = new Set<LiveWatcher>();
  private readonly byTag = new Map<string, Set<LiveWatcher>>();
  /** Those whose turn comes. */
  private readonly waiting = new Set<LiveWatcher>();
  private turn: NodeJS.Immediate | undefined;
  private stopListening: (() => void) | undefined;
  private isClosing = false;

  /** @param optionsOf what `@Cached` says of a type */
  constructor(
    private readonly touched: TouchedTags,
    private readonly catalog: MessageCatalog,
    private readonly units: UnitsOfWork | undefined,
    private readonly optionsOf: (type: MessageType) => CachedOptions | undefined,
  ) {}

  /** How much it holds: 0 without watchers. */
  get held(): number {
    const { watchers, byTag, waiting, answers, turn, stopListening } = this;
    const others = Number(turn !== undefined) + Number(stopListening !== undefined);
    return watchers.size + byTag.size + waiting.size + answers.size + others;
  }

  /**
   * @returns the tags of the query
   * @throws CqrsException (CQRS_NOT_LIVE, CQRS_INVALID_TAGS), and what the function of the tags throws
   */
  check(query: object): readonly string[] {
    const type = typeOfPrototype(Object.getPrototypeOf(query) as object);
    const name = nameOf(type);
    const options = this.optionsOf(type);
    if (options === undefined) throw liveWithoutCached(name);
    const tags = checkedTags(options.tags?.(query) ?? [], `@Cached of ${name}`);
    if (tags.length === 0) throw liveWithoutTags(name);
    if (this.units?.isActive === true) throw liveInUnit(name);
    return tags;
  }

  /** @returns stops watching */
  watch(asking: LiveAsking, tags: readonly string[], sink: LiveSink): () => void {
    // While it closes, a watcher gets the value of now, and its end.
    const { isClosing } = this;
    const watcher = new LiveWatcher(asking, isClosing ? onlyOne(sink) : sink, this);
    watcher.due = this.touched.clock.next();
    this.watchers.add(watcher);
    this.stopListening ??= this.touched.onTouched(({ tags: touched }) => this.noteTouched(touched));
    this.read(watcher, tags);
    watcher.start();
    // One that subscribes again at each end must not keep the closing application from going on.
    if (isClosing) this.enqueue(watcher);
    else watcher.ask();
    return () => watcher.end();
  }

  /** The watcher that asks in a dispatch. Code that copies the headers of one to another takes the watcher along, and is not it. */
  watcherOf(context: MessageContext): LiveWatcher | undefined {
    if (this.watchers.size === 0) return undefined;
    const watcher = WATCHER.in(context.allHeaders);
    return watcher?.messageId === context.messageId ? watcher : undefined;
  }

  /**
   * The query of the watcher, as it has come through its middleware, is about to be answered.
   * @param tags undefined if they cannot be told
   * @returns how a run has ended whose answer will do
   */
  enter(watcher: LiveWatcher, key: string, tags: readonly string[] | undefined): LiveOutcome | undefined {
    // It has left meanwhile, and its query goes on.
    if (!this.watchers.has(watcher)) return undefined;
    if (tags !== undefined) this.read(watcher, tags);
    this.answers.join(watcher, key);
    return this.answers.of(watcher, key);
  }

  enqueue(watcher: LiveWatcher): void {
    if (!this.watchers.has(watcher)) return;
    this.waiting.add(watcher);
    this.turn ??= runInNone(() => setImmediate(this.takeTurn));
  }

  left(watcher: LiveWatcher): void {
    this.read(watcher, []);
    this.answers.leave(watcher);
    this.waiting.delete(watcher);
    this.watchers.delete(watcher);
    if (this.watchers.size > 0) return;
    this.stopListening?.();
    this.stopListening = undefined;
    clearImmediate(this.turn);
    this.turn = undefined;
  }

  textOf(value: unknown): string | undefined {
    try {
      const text = JSON.stringify(this.catalog.exactToJSON(value, 'the value of a live query')) ?? NO_VALUE;
      return text.length <= LONGEST_TEXT ? text : createHash('sha256').update(text).digest('base64url');
    } catch {
      return undefined;
    }
  }

  /** Completes all, without waiting for them. */
  close(): void {
    this.isClosing = true;
    // Those that subscribe again when they are told stay, for one value.
    for (const watcher of Array.from(this.watchers)) watcher.complete();
  }

  /** From now on touches of these tags concern the watcher, and no others. */
  private read(watcher: LiveWatcher, tags: readonly string[]): void {
    const before = watcher.tags;
    watcher.tags = tags;
    for (const tag of tags) {
      const present = this.byTag.get(tag);
      if (present === undefined) this.byTag.set(tag, new Set([watcher]));
      else present.add(watcher);
    }
    const kept = new Set(tags);
    for (const tag of before) {
      if (kept.has(tag)) continue;
      const present = this.byTag.get(tag);
      if (present?.delete(watcher) === true && present.size === 0) this.byTag.delete(tag);
    }
  }

  private noteTouched(tags: readonly string[]): void {
    const time = this.touched.clock.next();
    for (const tag of tags)
      for (const watcher of this.byTag.get(tag) ?? []) {
        this.answers.forget(watcher.key);
        watcher.touched(time);
      }
  }

  private readonly takeTurn = (): void => {
    this.turn = undefined;
    let left = TURN;
    for (const watcher of this.waiting) {
      if (left === 0) break;
      left -= 1;
      this.waiting.delete(watcher);
      watcher.ask();
    }
    if (this.waiting.size > 0 && this.turn === undefined) this.turn = runInNone(() => setImmediate(this.takeTurn));
  };
}

const onlyOne = (sink: LiveSink): LiveSink => ({
  next: value => {
    sink.next(value);
    sink.complete();
  },
  error: error => sink.error(error),
  complete: () => sink.complete(),
});
