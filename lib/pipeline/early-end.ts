import { Deadline } from '../context/deadline.js';
import type { MessageContext } from '../context/message-context.js';

/** What `earlyEnd` gives. */
export interface EarlyEnd {
  /** Aborts the signal that inner layers see. */
  end(reason: unknown): void;
  /** Gives outer layers the signal before back. A signal that was read stays as it is. */
  release(): void;
}

/**
 * For a middleware that may end what it wraps, such as a time limit of another library. Until it is released,
 * `context.signal` is one that also `end` aborts; dispatches within inherit it.
 * @param owner of the latest call in this dispatch; another call by it (a retry) replaces the one before
 */
export function earlyEnd(context: MessageContext, owner: object): EarlyEnd {
  const restriction = context.restrict(owner, NO_LIMIT, true);
  return {
    end: reason => restriction.end(reason),
    release: () => {
      restriction.settle();
      context.release(restriction);
    },
  };
}

const NO_LIMIT = new Deadline(Infinity, 'no limit');
