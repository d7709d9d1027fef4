import type { HandlerIdentity } from '../context/said.js';
import type { MessageType } from '../messages/message.js';

/** Counts the runs of a pipeline, or other work that shutdown awaits. */
export class RunCounter {
  running = 0;
  /** Made by `RunningWork`; dropped when nothing runs for a while. */
  end: (() => void) | undefined;
  /** Ends a failed run; throws its error again. */
  fail: ((error: unknown) => never) | undefined;

  constructor(
    readonly type: MessageType,
    readonly handler: HandlerIdentity,
  ) {}
}
