import type { Probe, ProbeReport, Watching } from '../pipeline/probe.js';

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
        if (failure === undefined) watching.end?.();
        else watching.end?.(failure.error);
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
    let outcome: { readonly result: R } | { readonly error: unknown } | undefined;
    const once = (): R => {
      outcome ??= outcomeOf(part);
      return valueOf(outcome);
    };
    try {
      watching.run(once);
    } catch (error) {
      if (outcome === undefined || !('error' in outcome) || outcome.error !== error) this.report(probe, error);
    }
    return once();
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
