import type { AsyncRunner } from '../context/context-storage.js';
import { rolledBack } from './unit-problems.js';
import { tellUntold, type Failure } from './untold-failure.js';

/** Work that waits for the commit. Never rejects. */
export type AfterCommit = () => Promise<unknown>;

/** A transaction, or a savepoint in one, and what waits for its commit. */
export class UnitOfWork {
  private readonly held: Held[] = [];
  private readonly parts = new Set<Promise<unknown>>();
  /** Ends when the last savepoint within it has ended. */
  private savepoints: Promise<unknown> | undefined;
  private failure: Failure | undefined;
  private hasEnded = false;
  /** How many parts there were. */
  begun = 0;
  /** Its work has ended well: only the commit may still fail. */
  isDone = false;

  /**
   * @param transaction as `Transactions.current()` tells it
   * @param handler whose work it is, as errors name it
   * @param home the asynchronous context in which the transaction was opened: a tenant is there, the transaction is not
   * @param outer what this one is a savepoint of
   */
  constructor(
    readonly transaction: unknown,
    readonly handler: string,
    readonly home: AsyncRunner,
    readonly outer?: UnitOfWork,
  ) {}

  /** Code that it has started, and that still runs after its end, belongs to no transaction. */
  get isOpen(): boolean {
    return !this.hasEnded;
  }

  /**
   * @param work runs in the context in which the transaction was opened; never runs if it is rolled back
   * @param rolledBack called then; must not throw
   */
  afterCommit(work: AfterCommit, rolledBack?: () => void): void {
    this.held.push({ work, rolledBack });
  }

  /** It does not end before this part of it, even if nothing else awaits that: a statement after the end belongs to none. */
  follow(part: Promise<unknown>): void {
    this.begun += 1;
    const ended = part.then(nothing, nothing).finally(() => this.parts.delete(ended));
    this.parts.add(ended);
  }

  get isBusy(): boolean {
    return this.parts.size > 0;
  }

  /** All parts have settled, those too that began meanwhile. */
  async settled(): Promise<void> {
    while (this.isBusy) await Promise.all(this.parts);
  }

  /** Savepoints of one connection are a stack: two that overlap would release and roll back each other. */
  inTurn<R>(savepoint: () => Promise<R>): Promise<R> {
    const ended = this.savepoints === undefined ? savepoint() : this.savepoints.then(savepoint);
    this.savepoints = ended.catch(nothing);
    return ended;
  }

  /**
   * From now on it cannot be committed, even if the failure is swallowed: half of a command would be.
   * @param part the handler that has failed
   */
  doom(error: unknown, part: string): void {
    this.failure ??= { error, part };
  }

  /** @throws CqrsException (CQRS_ROLLED_BACK) */
  mustBeSound(): void {
    const { failure } = this;
    if (failure !== undefined) throw rolledBack(this.handler, failure.part, failure.error);
  }

  /** @param error with which its work has failed. What had failed before, and may be unknown, is logged */
  failed(error: unknown): void {
    if (this.failure !== undefined) tellUntold(this.handler, this.failure, error);
  }

  /**
   * It is committed or rolled back, or its savepoint is. What waits is lost: a timer that the work has left keeps the
   * unit, and must not keep its events.
   */
  end(): void {
    for (const { rolledBack } of this.take()) rolledBack?.();
  }

  /** What waits for a savepoint that is kept waits for the outer unit. */
  leaveToOuter(): void {
    for (const { work, rolledBack } of this.held.splice(0)) this.outer!.afterCommit(work, rolledBack);
  }

  /** Whether something waits for the commit. */
  get hasHeld(): boolean {
    return this.held.length > 0;
  }

  /** Ends it. Resolves when what has waited has settled. */
  async endAndRunHeld(): Promise<void> {
    const held = this.take();
    await this.home(() => Promise.all(held.map(({ work }) => work())));
  }

  private take(): Held[] {
    this.hasEnded = true;
    return this.held.splice(0);
  }
}

interface Held {
  readonly work: AfterCommit;
  readonly rolledBack: (() => void) | undefined;
}

const nothing = (): void => undefined;
