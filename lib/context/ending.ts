import { LateAbort } from './late-abort.js';
import type { Bounds } from './restriction.js';

/** Ends the work of a received call early. Without a deadline: time limits belong to dispatches. */
export class Ending extends LateAbort implements Bounds {
  readonly deadline = undefined;
}
