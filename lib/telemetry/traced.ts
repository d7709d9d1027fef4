import type { Watching } from '../pipeline/probe.js';
import { whenDone } from '../pipeline/watched-step.js';
import { isPromiseLike } from '../pipeline/settled.js';
import type { Stages } from './channels.js';

/** What subscribers get; the same object at each stage. */
export interface Outcome {
  result?: unknown;
  error?: unknown;
}

/**
 * Runs a step as `tracePromise` and `traceSync` of Node do: a promise is told when it has settled, a value and an error
 * that is thrown at once.
 */
export function traced(stages: Stages, message: Outcome, run: () => unknown): unknown {
  let isLeft = false;
  const ended = (outcome: Outcome): void => {
    Object.assign(message, outcome);
    if ('error' in outcome) stages.error.publish(message);
    if (!isLeft) return;
    stages.asyncStart.publish(message);
    stages.asyncEnd.publish(message);
  };
  return stages.start.runStores(message, () => {
    try {
      const result = whenDone(run, ended);
      isLeft = isPromiseLike(result);
      return result;
    } finally {
      stages.end.publish(message);
    }
  });
}

/** Traces what begins, runs in parts, and ends. Its stores hold for the first part. */
export class TracedWork implements Watching {
  private state: 'waits' | 'runs' | 'left' | 'ended' = 'waits';

  constructor(
    private readonly stages: Stages,
    private readonly message: Outcome,
  ) {}

  run<R>(part: () => R): R {
    if (this.state !== 'waits') return part();
    this.state = 'runs';
    return this.stages.start.runStores(this.message, () => {
      try {
        return part();
      } catch (error) {
        this.end(error);
        throw error;
      } finally {
        this.stages.end.publish(this.message);
        if (this.state === 'runs') this.state = 'left';
      }
    });
  }

  /** @param failure one, if it failed */
  end(...failure: unknown[]): void {
    const { state, message, stages } = this;
    if (state === 'ended') return;
    this.state = 'ended';
    if (state === 'waits') stages.start.publish(message);
    if (failure.length > 0) {
      message.error = failure[0];
      stages.error.publish(message);
    }
    if (state === 'waits') stages.end.publish(message);
    if (state !== 'left') return;
    stages.asyncStart.publish(message);
    stages.asyncEnd.publish(message);
  }
}
