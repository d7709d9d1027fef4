import { AsyncLocalStorage } from 'node:async_hooks';
import type { FlowLog } from './flow-log.js';
import type { TimerCause } from './pending-timers.js';
import type { RecordedMessage, RecordedRun } from './recorded.js';

/** A message of a flow. */
export interface Known {
  readonly flow: FlowLog;
  readonly recorded: RecordedMessage;
}

/** What the running code belongs to. */
export interface Cause extends TimerCause {
  /** Undefined for what no flow has begun. */
  readonly flow: FlowLog | undefined;
  /** The run of a handler. */
  readonly run?: RecordedRun | undefined;
  /** The message that began it all, as texts name it. */
  readonly root?: string | undefined;
}

/** The kit's own: `propagateContext` stays as the application has it. */
const storage = new AsyncLocalStorage<Cause | undefined>();

export const causeHere = (): Cause | undefined => storage.getStore();

export const within = <R>(cause: Cause | undefined, run: () => R): R => storage.run(cause, run);

export const causedBy = ({ flow, recorded }: Known, more: Pick<Cause, 'run' | 'saga'> = {}): Cause => ({
  flow,
  recorded,
  root: flow.root,
  ...more,
});

/** For the rest of this turn, and for what it begins. */
export const enter = (cause: Cause | undefined): void => storage.enterWith(cause);
