import type { Probe, ProbeReport, Watching } from '../pipeline/probe.js';
import { isPromiseLike } from '../pipeline/settled.js';
import { listenBeside } from '../pipeline/watched-step.js';

/** What one probe does about something that has begun. */
export interface OneWatching {
  readonly probe: Probe;
  readonly watching: Watching;
}

/** What probes do about something that has begun. Their failures are reported, and change nothing. */
export class ProbeWatch {
  private isEnded = false;

  /** @param all the latest is outermost */
  constructor(
    private readonly all: readonly OneWatching[],
    private readonly report: ProbeReport,
  ) {}

  /** Runs a part of it. */
  run<R>(part: () => R): R {
    return this.all.reduce<() => R>((inner, one) => () => this.runBy(one, inner), part)();
  }

  /** @param failure left out if all went well */
  end(failure?: { readonly error: unknown }): void {
    if (this.isEnded) return;
    this.isEnded = true;
    for (const { probe, watching } of this.all.toReversed()) {
      try {
        const returned: unknown = failure === undefined ? watching.end?.() : watching.end?.(failure.error);
        if (isPromiseLike(returned)) listenBeside(returned, undefined, error => this.report(probe, error));
      } catch (error) {
        this.report(probe, error);
      }
    }
  }

  /** Ends with a promise, before others that listen to it later. */
  endWith(promise: Promise<unknown>): void {
    void promise.then(
      () => this.end(),
      (error: unknown) => this.end({ error }),
    );
  }

  private runBy<R>({ probe, watching }: OneWatching, part: () => R): R {
    if (watching.run === undefined) return part();
    let outcome: PartOutcome<R> | undefined;
    let returned: unknown;
    const once = (): R => valueOf((outcome ??= outcomeOf(part)));
    try {
      returned = watching.run(once);
    } catch (error) {
      if (outcome === undefined || !('error' in outcome) || outcome.error !== error) this.report(probe, error);
    }
    const own = (outcome ??= outcomeOf(part));
    if (isPromiseLike(returned) && !('result' in own && own.result === returned))
      listenBeside(returned, own, error => this.report(probe, error));
    return valueOf(own);
  }
}

type PartOutcome<R> = { readonly result: R } | { readonly error: unknown };

function outcomeOf<R>(part: () => R): PartOutcome<R> {
  try {
    return { result: part() };
  } catch (error) {
    return { error };
  }
}

function valueOf<R>(outcome: PartOutcome<R>): R {
  if ('error' in outcome) throw outcome.error;
  return outcome.result;
}
