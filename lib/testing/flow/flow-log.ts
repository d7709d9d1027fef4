import type { HandlerIdentity } from '../../index.js';
import type { MessageType } from '../../extension.js';
import { atMost } from '../real-time.js';
import { messageTurn, moment } from './moment.js';
import { PendingTimers, type TimerCause } from './pending-timers.js';
import type { RecordedMessage, RecordedRun } from './recorded.js';

/** What a flow waits for. */
export class Work {
  readonly begun = moment();

  constructor(
    readonly what: 'root' | 'dispatch' | 'handler' | 'prepare' | 'publish' | 'saga' | 'emission' | 'rows',
    readonly recorded?: RecordedMessage | undefined,
    readonly handler?: HandlerIdentity | undefined,
    readonly run?: RecordedRun | undefined,
  ) {}
}

/** A failure that no code of the application has been given. */
export interface FlowFailure {
  readonly error: unknown;
  /** The event, the command of a saga, or what was tracked; undefined where it is not known. */
  readonly message: object | undefined;
  /** The handler or saga that failed. */
  readonly handler: HandlerIdentity | undefined;
}

export interface LoggedFailure extends FlowFailure {
  readonly recorded: RecordedMessage | undefined;
}

export interface FlowSettings {
  readonly timeout: number;
  readonly failures: 'throw' | 'collect';
  readonly timers: 'report' | 'wait';
  readonly until: (() => boolean) | undefined;
}

/** How often `until` is asked while nothing happens. */
const PAUSE = 5;

/** All that is known of a flow, while it goes on. */
export class FlowLog {
  readonly messages: RecordedMessage[] = [];
  /** What has come since it had settled. */
  readonly late: RecordedMessage[] = [];
  readonly works = new Set<Work>();
  readonly failures: LoggedFailure[] = [];
  readonly timers = new PendingTimers(() => this.wake());
  /** Waits again, and takes in what has come. */
  again: (() => Promise<unknown>) | undefined;
  /** When it had settled the last time, and which timers were pending then. */
  settledAt = 0;
  timersThen: readonly TimerCause[] = [];
  private readonly byId = new Map<string, RecordedMessage>();
  private begun = 0;
  private isSettled = false;
  private waiters: (() => void)[] = [];

  constructor(
    readonly root: string,
    private readonly ignored: readonly MessageType[],
  ) {}

  ignores(message: object): boolean {
    return this.ignored.some(type => message instanceof (type as new () => object));
  }

  add(recorded: RecordedMessage): void {
    (this.isSettled ? this.late : this.messages).push(recorded);
    this.identify(recorded);
  }

  /** Its context is known. */
  identify(recorded: RecordedMessage): void {
    if (recorded.context !== undefined) this.byId.set(recorded.context.messageId, recorded);
  }

  find(messageId: string | undefined): RecordedMessage | undefined {
    return messageId === undefined ? undefined : this.byId.get(messageId);
  }

  of(message: object): RecordedMessage | undefined {
    return [...this.messages, ...this.late].findLast(recorded => recorded.message === message);
  }

  begin(work: Work): Work {
    this.begun += 1;
    this.works.add(work);
    return work;
  }

  end(work: Work): void {
    if (this.works.delete(work) && this.works.size === 0) this.wake();
  }

  /** Once, whichever way it is heard of. */
  fail(failure: LoggedFailure): void {
    const isKnown = this.failures.some(
      ({ error, recorded, handler }) =>
        error === failure.error && recorded === failure.recorded && handler?.name === failure.handler?.name,
    );
    if (!isKnown) this.failures.push(failure);
  }

  /** Those that the caller of `publish()` was not told. */
  get unhandled(): readonly LoggedFailure[] {
    return this.failures.filter(
      ({ recorded }) => recorded?.kind !== 'event' || !(recorded.tellsFailures || recorded.failure !== undefined),
    );
  }

  /** @returns whether nothing was left to do in time; if not, the flow goes on */
  async settle({ timeout, timers, until }: FlowSettings): Promise<boolean> {
    this.isSettled = false;
    this.messages.push(...this.late.splice(0));
    const last = moment() + timeout;
    const isQuiet = () => this.works.size === 0 && (timers === 'report' || this.timers.size === 0);
    for (;;) {
      const { begun } = this;
      if (isQuiet()) {
        // What continues in promises alone, as in operators of rxjs, arrives within it.
        await messageTurn();
        const isStill = isQuiet() && begun === this.begun;
        if (isStill && (until === undefined || until())) break;
        if (moment() >= last) return false;
        if (isStill) await this.change(PAUSE);
        continue;
      }
      if (moment() >= last) return false;
      await this.change(last - moment());
    }
    this.isSettled = true;
    this.settledAt = moment();
    this.timersThen = this.timers.causes;
    return true;
  }

  private change(atLatest: number): Promise<void> {
    return atMost(atLatest, new Promise<void>(resolve => this.waiters.push(resolve)));
  }

  private wake(): void {
    for (const waiter of this.waiters.splice(0)) waiter();
  }
}
