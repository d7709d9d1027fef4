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
  /** Outer limits of the same deadline are skipped, unless more than the deadline may end them. */
  #around: Bounds | undefined;
  #end: AbortController | undefined;
  #reason: unknown;
  #endsEarly: boolean;

  /**
   * @param inherited bounds of the dispatch without own limits
   * @param endsEarly `end` may be called before the deadline
   */
  constructor(
    readonly owner: object,
    readonly outer: Restriction | undefined,
    readonly deadline: Deadline,
    inherited: Bounds | undefined,
    endsEarly = false,
  ) {
    this.#endsEarly = endsEarly;
    this.#around = outer ?? beyond(deadline, inherited);
  }

  /** Made when first read. */
  get signal(): AbortSignal {
    return (this.#end ??= this.newEnd()).signal;
  }

  end(reason: unknown): void {
    this.#reason = reason;
    this.#end?.abort(reason);
  }

  get around(): Bounds | undefined {
    return (this.#around = beyond(this.deadline, this.#around));
  }

  get endsEarly(): boolean {
    return this.#endsEarly;
  }

  /** Nothing will end it any more, except its deadline. */
  settle(): void {
    this.#endsEarly = this.#reason !== undefined;
  }

  private newEnd(): AbortController {
    const end = new AbortController();
    const source = this.#around?.signal;
    if (this.#reason !== undefined) end.abort(this.#reason);
    else if (source !== undefined) follow(source, end);
    return end;
  }
}

/** A chain of dispatches under one limit must not grow. */
function beyond(deadline: Deadline, around: Bounds | undefined): Bounds | undefined {
  let bounds = around;
  while (bounds instanceof Restriction && bounds.deadline === deadline && !bounds.endsEarly) bounds = bounds.around;
  return bounds;
}
