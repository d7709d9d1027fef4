import type { HandlerIdentity } from '../context/said.js';
import type { MessageType } from '../messages/message.js';

/** Counts the runs of one pipeline, or of other work that the end of the application waits for. */
export class RunCounter {
  running = 0;
  /** Counts that a run has ended. Made by `RunningWork`, and dropped when nothing runs for a while. */
  end: (() => void) | undefined;
  /** The same for a run that has failed; throws its error again. */
  fail: ((error: unknown) => never) | undefined;

  /**
   * @param type what runs
   * @param handler what runs it
   */
  constructor(
    readonly type: MessageType,
    readonly handler: HandlerIdentity,
  ) {}
}
