import type { Deadline } from './deadline.js';
import { follow } from './signal-chain.js';

/** What may end a dispatch early; caused dispatches inherit it. */
export interface Bounds {
  readonly signal: AbortSignal | undefined;
  readonly deadline: Deadline | undefined;
}

export const boundsOf = (signal: AbortSignal | undefined, cause: Bounds | undefined): Bounds | undefined =>
  signal === undefined ? cause : { signal, deadline: cause?.deadline };

/** The limits outside the limit of an owner; all limits if the owner set none. */
export function outsideOf(owner: object, latest: Restriction | undefined): Restriction | undefined {
  for (let restriction = latest; restriction; restriction = restriction.outer)
    if (restriction.owner === owner) return restriction.outer;
  return latest;
}

export class Restriction implements Bounds {
  #around: Bounds | undefined;
  #end: AbortController | undefined;
  #reason: unknown;
  #isSettled = false;

  /**
   * @param inherited bounds of the dispatch without own limits
   * @param endsEarly `end` may be called before the deadline, and nothing calls it at the deadline
   */
  constructor(
    readonly owner: object,
    readonly outer: Restriction | undefined,
    readonly deadline: Deadline,
    inherited: Bounds | undefined,
    readonly endsEarly = false,
  ) {
    const around = withoutSettled(outer ?? inherited);
    // Keeps a chain of dispatches, each within a settled one, from growing.
    if (around instanceof Restriction && around.endsEarly) around.#around = withoutSettled(around.#around);
    this.#around = outer !== undefined || endsEarly ? around : beyond(deadline, around);
  }

  /** Made when first read. */
  get signal(): AbortSignal {
    return (this.#end ??= this.newEnd()).signal;
  }

  end(reason: unknown): void {
    this.#reason = reason;
    this.#end?.abort(reason);
  }

  /** Nothing will call `end` any more. */
  settle(): void {
    this.#isSettled = this.#reason === undefined;
  }

  get isSettled(): boolean {
    return this.#isSettled;
  }

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

/** What is settled ends nothing any more. */
function withoutSettled(around: Bounds | undefined): Bounds | undefined {
  let bounds = around;
  while (bounds instanceof Restriction && bounds.isSettled) bounds = bounds.around;
  return bounds;
}

/** Outer limits of the same deadline are skipped: a chain of dispatches under one limit must not grow. */
function beyond(deadline: Deadline, around: Bounds | undefined): Bounds | undefined {
  let bounds = around;
  while (bounds instanceof Restriction && bounds.deadline === deadline && !bounds.endsEarly) bounds = bounds.around;
  return bounds;
}
