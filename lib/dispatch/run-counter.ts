import type { HandlerIdentity } from '../context/handler-identity.js';
import type { MessageType } from '../messages/message.js';

/** Counts runs of a pipeline, or other work that shutdown awaits. */
export class RunCounter {
  running = 0;
  /** Made by `RunningWork`; dropped while idle. */
  end: (() => void) | undefined;
  /** Ends a failed run; rethrows. */
  fail: ((error: unknown) => never) | undefined;

  /** @param type undefined: a saga that holds back what it was given */
  constructor(
    readonly type: MessageType | undefined,
    readonly handler: HandlerIdentity,
  ) {}
}
