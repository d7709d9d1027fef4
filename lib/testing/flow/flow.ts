import { inspect } from 'node:util';
import { errorText, nameOf } from './words.js';
import type { FlowFailure, FlowLog, FlowSettings } from './flow-log.js';
import type { KnownFlows } from './known-flows.js';
import { RecordedList, isIn, type Recording, type RecordingName } from './recording.js';
import type { BegunTimer } from './pending-timers.js';
import type { RecordedMessage } from './recorded.js';
import { notHandled, notSettled, type Reported } from './reports.js';
import { comingLines } from './still-to-come.js';
import { treeOf } from './tree.js';
import { watchTimers } from './watch-timers.js';
import { moment } from './moment.js';

/** How long to wait, and what to do about failures. */
export interface SettleOptions {
  /** Milliseconds of real time. Default: that of `track()`. */
  readonly timeout?: number;
}

/** A message and all that it has caused. */
export interface Flow<R = unknown> {
  /** Of what was sent; undefined if it failed. */
  readonly result: R;
  /** What was sent has failed with, under `failures: 'collect'`; undefined if it has not. */
  readonly error: unknown;
  /** Commands that reached their pipeline, those of sagas too. */
  readonly executed: Recording;
  /** Queries, also those whose rows were read. */
  readonly asked: Recording;
  /** Events, also those without a handler. */
  readonly published: Recording;
  /** Commands of sagas, with the saga; those that wait too. */
  readonly emitted: Recording;
  /** Failures of event handlers, of sagas and of their commands, which no code of the application was told. */
  readonly failures: readonly FlowFailure[];
  /** What has come since the flow had settled, such as messages of a timer. */
  readonly late: Recording;
  /** Timers that the flow has begun, and that have neither fired nor been cleared; fake timers are not counted. */
  readonly pendingTimers: number;
  /**
   * Waits again, as after a timer has fired. What was `late` belongs to the recordings from now on.
   * @throws AssertionError as `track()` does
   */
  settled(options?: SettleOptions): Promise<this>;
  /** Each message below what has caused it, with times and failures; of more than 500, the first. */
  tree(): string;
  /** The same as data. */
  toJSON(): FlowJSON;
}

/** A flow as plain data. */
export interface FlowJSON {
  /** What was sent, as texts name it. */
  readonly root: string;
  readonly trackedAt: string | undefined;
  readonly messages: readonly FlowMessageJSON[];
  readonly failures: readonly {
    readonly message: string | undefined;
    readonly handler: string | undefined;
    readonly error: string;
  }[];
  readonly pendingTimers: number;
}

/** A message of a flow as plain data; times are in milliseconds. */
export interface FlowMessageJSON {
  /** Its place in the list. */
  readonly id: number;
  readonly kind: string;
  readonly type: string;
  /** The place of what has caused it. */
  readonly cause: number | undefined;
  readonly saga: string | undefined;
  readonly publisher: string | undefined;
  /** Since the first message. */
  readonly begun: number;
  readonly duration: number | undefined;
  readonly error: string | undefined;
  readonly isLate: boolean;
  readonly handlers: readonly {
    readonly name: string;
    readonly module: string | undefined;
    readonly attempt: number;
    readonly begun: number;
    readonly duration: number | undefined;
    readonly error: string | undefined;
  }[];
}

export type FlowOutcome<R> = { readonly result: R } | { readonly error: unknown };

export class TrackedFlow<R> implements Flow<R> {
  outcome: FlowOutcome<R> | undefined;
  readonly #log: FlowLog;
  readonly #known: KnownFlows;
  readonly #settings: FlowSettings;
  readonly #trackedAt: string | undefined;
  readonly #begun = moment();
  /** How many failures an error has told of. */
  #told = 0;

  constructor(log: FlowLog, known: KnownFlows, settings: FlowSettings, trackedAt: string | undefined) {
    this.#log = log;
    this.#known = known;
    this.#settings = settings;
    this.#trackedAt = trackedAt;
    log.again = () => this.settled();
  }

  get result(): R {
    return (this.outcome as { readonly result?: R } | undefined)?.result as R;
  }

  get error(): unknown {
    return (this.outcome as { readonly error?: unknown } | undefined)?.error;
  }

  get executed(): Recording {
    return this.recording('executed');
  }

  get asked(): Recording {
    return this.recording('asked');
  }

  get published(): Recording {
    return this.recording('published');
  }

  get emitted(): Recording {
    return this.recording('emitted');
  }

  get late(): Recording {
    return this.recording('late');
  }

  get failures(): readonly FlowFailure[] {
    const { outcome } = this;
    const isOwn = outcome !== undefined && 'error' in outcome;
    const own = isOwn ? [{ error: outcome.error, message: undefined, handler: undefined }] : [];
    return [...own, ...this.#log.unhandled.map(({ error, message, handler }) => ({ error, message, handler }))];
  }

  get pendingTimers(): number {
    return this.#log.timers.size;
  }

  async settled({ timeout = this.#settings.timeout }: SettleOptions = {}): Promise<this> {
    const unwatch = watchTimers();
    const isSettled = await this.#log.settle({ ...this.#settings, timeout }).finally(unwatch);
    if (!isSettled)
      throw notSettled(this.#reported, { timeout, hasUntil: this.#settings.until !== undefined, cause: this.error });
    if (this.#settings.failures === 'throw') this.refuseFailures();
    return this;
  }

  /**
   * As `failures: 'throw'` does: throws what was sent has failed with, or tells of failures that were not handled; once.
   * @param remedy for a test that is about the failure
   */
  refuseFailures(remedy?: string): void {
    if (this.outcome !== undefined && 'error' in this.outcome) throw this.outcome.error;
    const failed = this.#log.unhandled.length;
    if (failed === this.#told) return;
    this.#told = failed;
    throw notHandled(this.#reported, moment() - this.#begun, remedy);
  }

  tree(): string {
    return treeOf([...this.#log.messages, ...this.#log.late]);
  }

  toJSON(): FlowJSON {
    const { root, messages, late, unhandled } = this.#log;
    const all = [...messages, ...late];
    return {
      root,
      trackedAt: this.#trackedAt,
      messages: all.map((recorded, id) => dataOf(recorded, id, all, late)),
      failures: unhandled.map(({ error, message, handler }) => ({
        message: message && nameOf(message),
        handler: handler?.name,
        error: errorText(error),
      })),
      pendingTimers: this.pendingTimers,
    };
  }

  /** What it has not waited for, for a text that misses something. */
  comingLines(): string[] {
    return comingLines(this.#log);
  }

  timersOf(saga: string): readonly BegunTimer[] {
    return this.#log.timers.of(saga);
  }

  get #reported(): Reported {
    return { log: this.#log, trackedAt: this.#trackedAt };
  }

  /** As `console.log` shows it. */
  [inspect.custom](): string {
    return `Flow\n${this.tree()}`;
  }

  private recording(name: RecordingName): Recording {
    const log = this.#log;
    const messages = (name === 'late' ? log.late : log.messages).filter(one => isIn(name, one));
    return new RecordedList(messages, { name, log, known: this.#known, trackedAt: this.#trackedAt });
  }
}

function dataOf(
  recorded: RecordedMessage,
  id: number,
  all: readonly RecordedMessage[],
  late: readonly RecordedMessage[],
): FlowMessageJSON {
  const { kind, message, cause, saga, publisher, duration, failure, handlers } = recorded;
  const zero = all[0]!.begun;
  return {
    id,
    kind,
    type: nameOf(message),
    cause: cause === undefined ? undefined : all.indexOf(cause),
    saga,
    publisher,
    begun: recorded.begun - zero,
    duration,
    error: failure && errorText(failure.error),
    isLate: late.includes(recorded),
    handlers: handlers.map(run => ({
      name: run.handler.name,
      module: run.handler.module,
      attempt: run.attempt,
      begun: run.begun - zero,
      duration: run.duration,
      error: run.failure && errorText(run.failure.error),
    })),
  };
}
