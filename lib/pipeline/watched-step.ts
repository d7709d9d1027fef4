import type { MessageContext } from '../context/message-context.js';
import type { Probe, ProbePoint, ProbeReport, Watched } from './probe.js';
import { genuine, isPromiseLike } from './settled.js';

/** Wraps a step by a probe, whose failures do not reach the message. */
export function watchedStep(probe: Probe, point: ProbePoint, run: Watched, told: ProbeReport): Watched {
  const report = (error: unknown) => told(probe, error);
  /** The call whose wrapper is on the stack. */
  let current: StepCall | undefined;
  const step: Watched = (message, context) => {
    const call = current;
    // Called later than it should: the outcome is already that of the probe.
    if (call === undefined) return run(message, context);
    current = undefined;
    try {
      return call.run(run, message, context);
    } finally {
      current = call;
    }
  };
  const wrapped = wrapBy(probe, point, step, report);
  if (wrapped === step) return run;
  return (message, context) => {
    const outer = current;
    const call = (current = new StepCall());
    let returned: unknown;
    try {
      returned = wrapped(message, context);
    } catch (error) {
      if (!call.hasFailedWith(error)) report(error);
      if (!call.hasRun) {
        current = outer;
        return run(message, context);
      }
    } finally {
      current = outer;
    }
    return call.hasRun ? call.outcomeBeside(returned, report) : returned;
  };
}

function wrapBy(probe: Probe, point: ProbePoint, step: Watched, report: (error: unknown) => void): Watched {
  try {
    const wrapped: unknown = probe.wrap!(point, step);
    if (isPromiseLike(wrapped)) listenBeside(wrapped, undefined, report);
    if (typeof wrapped === 'function') return wrapped as Watched;
    throw new TypeError(`wrap() must return a function, not ${typeof wrapped}`);
  } catch (error) {
    report(error);
    return step;
  }
}

/** One run of a step within its wrapper. */
class StepCall {
  hasRun = false;
  private hasFailed = false;
  /** A value, a promise, or what was thrown. */
  private outcome: unknown;

  /** The second time it tells the outcome of the first. */
  run(step: Watched, message: object, context: MessageContext): unknown {
    if (!this.hasRun) this.begin(step, message, context);
    if (this.hasFailed) throw this.outcome;
    return this.outcome;
  }

  hasFailedWith(error: unknown): boolean {
    return this.hasFailed && this.outcome === error;
  }

  /** @param returned by the wrapper; a promise of it may fail on its own account */
  outcomeBeside(returned: unknown, report: (error: unknown) => void): unknown {
    const { outcome } = this;
    const isOther = returned !== outcome && isPromiseLike(returned);
    if (isOther) listenBeside(returned, this.hasFailed ? { error: outcome } : { result: outcome }, report);
    if (this.hasFailed) throw outcome;
    // A promise of its own: the probe has listened to the other, whose failure the caller may leave unhandled.
    return isOther && outcome instanceof Promise ? genuine(outcome).then(same) : outcome;
  }

  private begin(step: Watched, message: object, context: MessageContext): void {
    this.hasRun = true;
    try {
      const outcome = step(message, context);
      // A lazy thenable, such as a query builder, must run once.
      this.outcome = !(outcome instanceof Promise) && isPromiseLike(outcome) ? genuine(outcome) : outcome;
    } catch (error) {
      this.hasFailed = true;
      this.outcome = error;
    }
  }
}

/**
 * Listens to a promise of a probe, and reports a failure that is not that of what the probe watches.
 * @param own outcome of what it watches; undefined if it watches nothing
 */
export function listenBeside(
  returned: PromiseLike<unknown>,
  own: StepOutcome | undefined,
  report: (error: unknown) => void,
): void {
  void genuine(returned).then(undefined, (error: unknown) => {
    if (own === undefined || 'result' in own)
      return genuine(own?.result).then(
        () => report(error),
        (failure: unknown) => (failure === error ? undefined : report(error)),
      );
    return own.error === error ? undefined : report(error);
  });
}

const same = (value: unknown): unknown => value;

/** What came of a step. */
export type StepOutcome = { readonly result: unknown } | { readonly error: unknown };

/**
 * For probes: runs a step and tells its outcome, at once for a value, else when the promise has settled.
 * @param ended must not throw
 * @returns what the step must return
 */
export function whenDone(run: () => unknown, ended: (outcome: StepOutcome) => void): unknown {
  let result: unknown;
  try {
    result = run();
  } catch (error) {
    ended({ error });
    throw error;
  }
  if (!isPromiseLike(result)) {
    ended({ result });
    return result;
  }
  return genuine(result).then(
    value => {
      ended({ result: value });
      return value;
    },
    (error: unknown) => {
      ended({ error });
      throw error;
    },
  );
}
