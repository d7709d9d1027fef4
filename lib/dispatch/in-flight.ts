import type { HandlerIdentity } from '../context/said.js';
import type { MessageType } from '../messages/message.js';
import { genuine } from '../pipeline/settled.js';

/** What runs, as far as a report names it. */
export interface Running {
  readonly type: MessageType;
  readonly invoker: { readonly identity: HandlerIdentity };
  /** How many dispatches are counted as running. */
  running: number;
  /** Counts that a run has ended; there as long as this is among what is looked at in the end. */
  end?: (() => void) | undefined;
  /** The same, and throws on what the run has thrown. */
  fail?: ((error: unknown) => never) | undefined;
}

/** How many of the latest dispatches whose promise belongs to the caller are awaited at the end. */
const REMEMBERED = 1024;

/** How often the list of them is written over before a copy takes its place. */
const ROUNDS = 8;

/** How many of what has run are kept at hand. */
const LISTED = 1024;

/** How many microtasks may lie between the end of one run and the beginning of the next that it leads to. */
const TURNS = 64;

/** What a timer of Node can wait at most; one that is told to wait longer does not wait at all. */
const LONGEST_TIMEOUT = 2 ** 31 - 1;

/** Called after a garbage collection, which takes with it what was registered: then results are let go. */
const collections = new FinalizationRegistry<WeakRef<InFlight>>(reference => reference.deref()?.letGo());

/**
 * Knows what still runs when an application closes. Runs of event handlers and commands without a result are counted.
 * Where the promise of the handler belongs to the caller it is merely remembered, the latest 1,024 of them: to look
 * whether each has settled would cost a promise, and would hide from the process a failure that nothing handles. From one
 * garbage collection to the next what is remembered is held weakly, so that the results go.
 */
export class InFlight {
  /** Promises of callers, each followed by what runs. */
  private remembered: (Promise<unknown> | Running | undefined)[] = [];
  private position = 0;
  private round = 0;
  /** Those remembered before the latest garbage collection. */
  private fading: Fading[] = [];
  private readonly listed = new Set<Running>();
  /** How many are listed before those that do not run are struck off. */
  private limit = LISTED;
  private total = 0;
  private readonly idle: (() => void)[] = [];

  constructor() {
    // Of a field that was set once the compiler takes for granted that it stays, and would have to start over later.
    this.remembered = emptyRing();
    collections.register({}, new WeakRef(this));
  }

  /** Remembers a promise that belongs to the caller. */
  note(promise: Promise<unknown>, running: Running): void {
    const { remembered, position } = this;
    remembered[position] = promise;
    remembered[position + 1] = running;
    this.position = position + 2;
    if (this.position === remembered.length) this.startOver();
  }

  /**
   * What counts that a run has ended. To be asked for before the run is counted: whatever may throw, as at the end of the
   * stack, comes first.
   */
  ending(running: Running): () => void {
    return running.end ?? this.list(running);
  }

  /**
   * Counts a run that has begun.
   * @returns counts that it has ended
   */
  begin(running: Running): () => void {
    const end = this.ending(running);
    this.total += 1;
    running.running += 1;
    return end;
  }

  /**
   * Counts a run until it has settled.
   * @param promise of the run; not trusted, since what is counted has to end: its `then` may be somebody else's
   * @returns resolves to nothing, or rejects as the run does
   */
  follow(promise: unknown, running: Running): Promise<void> {
    const ended = genuine(promise).then(this.ending(running), running.fail);
    this.begin(running);
    return ended;
  }

  /** Counts a run that has ended. */
  end(running: Running): void {
    running.running -= 1;
    this.total -= 1;
    if (this.total === 0 && this.idle.length > 0) for (const quiet of this.idle.splice(0)) quiet();
  }

  /**
   * Waits until nothing runs any more.
   * @param timeout milliseconds to wait at most
   * @returns what still runs then, one entry a dispatch
   */
  async drain(timeout: number): Promise<Running[]> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<true>(resolve => (timer = setTimeout(resolve, Math.min(timeout, LONGEST_TIMEOUT), true)));
    this.countRemembered();
    while (this.total > 0) {
      const quiet = new Promise<false>(resolve => this.idle.push(() => resolve(false)));
      if (await Promise.race([quiet, late])) break;
      // What goes on by promises alone, such as the next event of a list, begins within so many turns.
      for (let i = 0; i < TURNS && this.total === 0; i++) await undefined;
      this.countRemembered();
    }
    clearTimeout(timer);
    return [...this.listed].flatMap(running => Array.from({ length: running.running }, () => running));
  }

  /** Lets go of what has settled: what is remembered is held weakly, and what does not run is struck off. */
  letGo(): void {
    this.strikeOffIdle();
    const held = this.takeRemembered().map(({ promise, running }) => ({ promise: new WeakRef(promise), running }));
    const left = this.fading.filter(({ promise }) => promise.deref() !== undefined);
    this.fading = [...left, ...held].slice(-REMEMBERED);
    collections.register({}, new WeakRef(this));
  }

  /** What has run stays listed, so that it costs nothing to run again; what ran once goes when there is too much. */
  private list(running: Running): () => void {
    if (this.listed.size >= this.limit) {
      this.strikeOffIdle();
      this.limit = Math.max(LISTED, this.listed.size * 2);
    }
    this.listed.add(running);
    const end = () => this.end(running);
    running.fail = error => {
      end();
      throw error;
    };
    return (running.end = end);
  }

  private strikeOffIdle(): void {
    for (const listed of this.listed) {
      if (listed.running > 0) continue;
      listed.end = listed.fail = undefined;
      this.listed.delete(listed);
    }
  }

  /**
   * Goes back to the beginning of the list. Now and then a copy takes its place: the garbage collector charges for each
   * new promise that is put into an object which has survived it, and for one that is new itself nothing.
   */
  private startOver(): void {
    this.position = 0;
    this.round = (this.round + 1) % ROUNDS;
    if (this.round === 0) this.remembered = [...this.remembered];
  }

  /** From here on the remembered promises are counted too. */
  private countRemembered(): void {
    const fading = this.fading.map(({ promise, running }) => ({ promise: promise.deref(), running }));
    this.fading = [];
    for (const { promise, running } of [...fading, ...this.takeRemembered()]) {
      if (promise === undefined) continue;
      const end = this.ending(running);
      void genuine(promise).then(end, end);
      this.begin(running);
    }
  }

  /** The remembered promises, which are remembered no more. */
  private takeRemembered(): { readonly promise: Promise<unknown>; readonly running: Running }[] {
    const { remembered } = this;
    this.remembered = emptyRing();
    this.position = 0;
    const taken: { promise: Promise<unknown>; running: Running }[] = [];
    for (let i = 0; i < remembered.length; i += 2)
      if (remembered[i] !== undefined)
        taken.push({ promise: remembered[i] as Promise<unknown>, running: remembered[i + 1] as Running });
    return taken;
  }
}

/** A promise that is remembered as long as other code holds it. */
interface Fading {
  readonly promise: WeakRef<Promise<unknown>>;
  readonly running: Running;
}

const emptyRing = (): undefined[] => Array.from({ length: 2 * REMEMBERED }, () => undefined);
