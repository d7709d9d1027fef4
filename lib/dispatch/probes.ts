import type { Moments, Probe, ProbePoint, ProbeReport, Watching } from '../pipeline/probe.js';
import { ProbedSteps } from '../pipeline/probed-steps.js';
import { isPromiseLike } from '../pipeline/settled.js';
import { listenBeside } from '../pipeline/watched-step.js';
import type { Headers } from '../context/header.js';
import { setLeavingHeaders } from '../context/leaving-headers.js';
import type { MessageContext } from '../context/message-context.js';
import { CqrsLogger } from './cqrs-logger.js';
import { callSafely, stackOf, textOf } from './failures.js';
import { ProbeWatch, type OneWatching } from './probe-watch.js';
import { WatchedRows } from './watched-rows.js';

const logger = new CqrsLogger('CqrsProbe');

/** Their failures have been logged. */
const reported = new WeakSet<Probe>();

/** A probe that fails may do so at every message. */
const report: ProbeReport = (probe, error) => {
  if (reported.has(probe)) return;
  reported.add(probe);
  callSafely(() =>
    logger.error(
      `A probe failed, and the message went on without it: ${textOf(error)}. Later failures of this probe are not logged.`,
      stackOf(error),
    ),
  );
};

interface Added {
  readonly probe: Probe;
  /** When it was looked at last. */
  isAsleep: boolean;
}

/** Waits for the context of its query. */
export interface OpeningRows {
  readonly query: object;
  begin(context: MessageContext): void;
}

/** The probes of a bus, or of the sagas of an application. */
export class Probes {
  /** The stream query on its way to its pipeline. Set by `OpenedRows`; read and cleared by `opened()` in the same turn. */
  opening: OpeningRows | undefined;
  /** Whether a probe may fall asleep or wake up: then it must be looked at before each message. */
  canSleep = false;
  private isLooking = false;
  private list: readonly Added[] = [];
  private awake: readonly Probe[] = [];

  /** @param changed forgets what was composed */
  constructor(private readonly changed: () => void = () => undefined) {}

  /** @returns takes it away, once */
  add(probe: Probe): () => void {
    const added = { probe, isAsleep: isAsleep(probe) };
    this.set([...this.list, added]);
    return () => {
      if (this.list.includes(added)) this.set(this.list.filter(one => one !== added));
    };
  }

  /** Takes note of probes that have fallen asleep or woken up since. */
  look(): void {
    // A probe that sends a message when it is asked would be asked for that one too, without end.
    if (!this.canSleep || this.isLooking) return;
    this.isLooking = true;
    let isOther = false;
    try {
      for (const one of this.list) {
        const isAsleepNow = isAsleep(one.probe);
        isOther ||= isAsleepNow !== one.isAsleep;
        one.isAsleep = isAsleepNow;
      }
    } finally {
      this.isLooking = false;
    }
    if (isOther) this.refresh();
  }

  private set(list: readonly Added[]): void {
    this.list = list;
    this.canSleep = list.some(({ probe }) => probe.isAsleep !== undefined);
    this.refresh();
  }

  private refresh(): void {
    this.awake = this.list.filter(one => !one.isAsleep).map(({ probe }) => probe);
    this.changed();
  }

  /** The steps of a pipeline. */
  steps(pipeline: Omit<ProbePoint, 'at' | 'middleware'>): ProbedSteps {
    const wrapping = this.awake.filter(({ wrap }) => wrap !== undefined);
    return new ProbedSteps(wrapping, pipeline, report);
  }

  /** A pipeline has got a query, perhaps one whose rows are read. */
  opened(query: object, context: MessageContext): void {
    const { opening } = this;
    if (opening?.query !== query) return;
    this.opening = undefined;
    opening.begin(context);
  }

  get isEmpty(): boolean {
    return this.list.length === 0;
  }

  /** Whether a probe asks for such moments, when it is awake. */
  maySee(at: keyof Moments): boolean {
    return this.list.some(({ probe }) => probe[at] !== undefined);
  }

  /** Whether a probe that is awake asks for such moments. */
  sees(at: keyof Moments): boolean {
    return this.awake.some(probe => probe[at] !== undefined);
  }

  get seesLeaving(): boolean {
    return this.awake.some(({ leaves }) => leaves !== undefined);
  }

  /** A message leaves: what the latest probe says counts. */
  leave(message: object, context: MessageContext): void {
    const all = this.awake.map(probe => guarded(probe, () => probe.leaves?.(message, context)));
    setLeavingHeaders(context, Object.assign({}, ...all) as Headers);
  }

  /** Something begins; undefined if no probe watches it. */
  begin<K extends keyof Moments>(at: K, moment: Moments[K]): ProbeWatch | undefined {
    this.look();
    const all = this.awake.flatMap(probe => {
      const watching = beginOne(probe, at, moment);
      return watching === undefined ? [] : [{ probe, watching } satisfies OneWatching];
    });
    return all.length === 0 ? undefined : new ProbeWatch(all, report);
  }

  /** Something that runs to its end. */
  during<K extends keyof Moments>(at: K, moment: Moments[K], work: () => Promise<unknown>): Promise<unknown> {
    const watch = this.begin(at, moment);
    if (watch === undefined) return work();
    try {
      const done = watch.run(work);
      watch.endWith(done);
      return done;
    } catch (error) {
      watch.end({ error });
      throw error;
    }
  }

  /** Rows that are read to their end. They run where they are asked for. */
  duringRows<K extends keyof Moments>(
    at: K,
    moment: Moments[K],
    ask: () => AsyncIterableIterator<unknown>,
  ): AsyncIterableIterator<unknown> {
    const watch = this.begin(at, moment);
    if (watch === undefined) return ask();
    try {
      return new WatchedRows(watch.run(ask), watch);
    } catch (error) {
      watch.end({ error });
      throw error;
    }
  }
}

const isAsleep = (probe: Probe): boolean =>
  probe.isAsleep !== undefined && guarded(probe, () => probe.isAsleep!()) === true;

const beginOne = <K extends keyof Moments>(probe: Probe, at: K, moment: Moments[K]): Watching | undefined =>
  guarded(probe, () => {
    const method = probe[at] as ((moment: Moments[K]) => Watching | undefined) | undefined;
    return method?.call(probe, moment);
  });

function guarded<R>(probe: Probe, run: () => R): R | undefined {
  try {
    const returned = run();
    if (!isPromiseLike(returned)) return returned;
    // An async method is a mistake: it says too late what to do.
    listenBeside(returned, undefined, error => report(probe, error));
    return undefined;
  } catch (error) {
    report(probe, error);
    return undefined;
  }
}
