import type { Deadline } from './deadline.js';

/** A signal that nobody aborts. */
export const NEVER_ABORTED: AbortSignal = new AbortController().signal;

/** Until when a dispatch may run. The signal that says it is over is made when somebody reads it. */
export class Restriction {
  #signal: AbortSignal | undefined;
  #end: AbortController | undefined;
  #reason: unknown;

  /**
   * @param owner who limits
   * @param outer the limit outside of this one
   * @param deadline until when
   * @param inherited the signal that the dispatch has without this limit
   */
  constructor(
    readonly owner: object,
    readonly outer: Restriction | undefined,
    readonly deadline: Deadline,
    private readonly inherited: () => AbortSignal,
  ) {}

  /** Aborted when the time is up, or when the signal outside of this limit is. */
  get signal(): AbortSignal {
    return (this.#signal ??= this.makeSignal());
  }

  /** The time is up. */
  end(reason: unknown): void {
    this.#reason = reason;
    this.#end?.abort(reason);
  }

  private makeSignal(): AbortSignal {
    this.#end = new AbortController();
    if (this.#reason !== undefined) this.#end.abort(this.#reason);
    const inherited = this.inherited();
    return inherited === NEVER_ABORTED ? this.#end.signal : AbortSignal.any([inherited, this.#end.signal]);
  }
}
