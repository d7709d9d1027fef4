import type { Deadline } from './deadline.js';
import { follow } from './signal-chain.js';

/** What may end a dispatch before it is done. The dispatches that it causes inherit it. */
export interface Bounds {
  /** Aborted when the end has come; undefined if nothing ever aborts it. */
  readonly signal: AbortSignal | undefined;
  /** When the time is up; undefined without a limit. */
  readonly deadline: Deadline | undefined;
}

/** The signal of the caller, within the time that the cause has; else what the cause has. */
export const boundsOf = (signal: AbortSignal | undefined, cause: Bounds | undefined): Bounds | undefined =>
  signal === undefined ? cause : { signal, deadline: cause?.deadline };

/** The limits that lie outside of those of an owner; all of them if it has not limited yet. */
export function outsideOf(owner: object, latest: Restriction | undefined): Restriction | undefined {
  for (let restriction = latest; restriction; restriction = restriction.outer)
    if (restriction.owner === owner) return restriction.outer;
  return latest;
}

/** Until when a part of a dispatch may run. The signal that says it is over is made when it is first read. */
export class Restriction implements Bounds {
  /** What aborts earlier, or for another reason; limits of the same time say nothing that this one does not. */
  readonly #around: Bounds | undefined;
  #end: AbortController | undefined;
  #reason: unknown;

  /**
   * @param owner the middleware that limits
   * @param outer the limit outside of this one, of the same dispatch
   * @param deadline until when
   * @param inherited what the dispatch has without limits of its own
   */
  constructor(
    readonly owner: object,
    readonly outer: Restriction | undefined,
    readonly deadline: Deadline,
    inherited: Bounds | undefined,
  ) {
    this.#around = outer ?? beyond(deadline, inherited);
  }

  /** Aborted when the time is up, or when the signal outside of this limit is. */
  get signal(): AbortSignal {
    return (this.#end ??= this.newEnd()).signal;
  }

  /** The time is up. */
  end(reason: unknown): void {
    this.#reason = reason;
    this.#end?.abort(reason);
  }

  /** What ends the dispatch outside of this limit. */
  get around(): Bounds | undefined {
    return this.#around;
  }

  private newEnd(): AbortController {
    const end = new AbortController();
    const source = this.#around?.signal;
    if (this.#reason !== undefined) end.abort(this.#reason);
    else if (source !== undefined) follow(source, end);
    return end;
  }
}

/** The nearest bounds that are more than the same deadline again; a chain of dispatches under one limit never grows. */
function beyond(deadline: Deadline, around: Bounds | undefined): Bounds | undefined {
  let bounds = around;
  while (bounds instanceof Restriction && bounds.deadline === deadline) bounds = bounds.around;
  return bounds;
}
