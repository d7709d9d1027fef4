import { captureContext, newStorage } from '../context/context-storage.js';
import { MessageContext } from '../context/message-context.js';
import type { Bounds } from '../context/restriction.js';
import { genuine, isPromiseLike, started } from '../pipeline/settled.js';
import { settleDelivery, verified } from './commit-checks.js';
import { connectionWait } from './connection-wait.js';
import type { Propagation, Transactions } from './transactions.js';
import { UnitOfWork } from './unit-of-work.js';
import {
  committing,
  foreign,
  foreignWithin,
  notDone,
  rowsInTransaction,
  withoutSavepoint,
  withoutTransaction,
} from './unit-problems.js';

/** Opens units of work, and knows that of the running code. */
export class UnitsOfWork {
  private readonly storage = newStorage<UnitOfWork>();

  private isConnected = false;

  constructor(readonly transactions: Transactions) {}

  /** Call at startup. */
  connect(get: Parameters<NonNullable<Transactions['connect']>>[0]): void {
    if (this.isConnected) return;
    this.transactions.connect?.(get);
    this.isConnected = true;
  }

  /** Whether the code may run in a transaction; then `current()` tells more. */
  get isActive(): boolean {
    return this.storage.getStore() !== undefined || this.transactions.current() !== undefined;
  }

  /**
   * Undefined outside of one, and where the one that the code was started in has ended.
   * @param asking what would belong to it, such as `publish() of Saved`, for errors
   * @throws CqrsException CQRS_FOREIGN_TRANSACTION within a transaction that is none; CQRS_COMMITTING in code that was left
   *   running, and adds to one that is being committed
   */
  current(asking: () => string): UnitOfWork | undefined {
    const unit = this.open();
    this.mustBeOwn(this.transactions.current(), unit, asking);
    if (unit?.isDone === true) throw committing();
    return unit;
  }

  /** Code that was started in a savepoint may still see it after its end. */
  private mustBeOwn(transaction: unknown, open: UnitOfWork | undefined, asking: () => string): void {
    if (transaction === undefined || transaction === open?.transaction) return;
    for (let unit = this.storage.getStore(); unit !== undefined; unit = unit.outer)
      if (unit.transaction === transaction) return;
    const handler = MessageContext.find()?.handler.name;
    const where = handler === undefined ? asking() : `${asking()}, in ${handler}`;
    const { name } = this.transactions;
    throw open === undefined ? foreign(name, where) : foreignWithin(name, open.handler, where);
  }

  /** The unit of work of the running code does not end before the work, even if a time limit does not wait for that. */
  followed(work: () => unknown): unknown {
    const unit = this.open();
    const result = work();
    if (unit === undefined || !isPromiseLike(result)) return result;
    // What is awaited by two runs twice, if it is a query builder.
    const settling = genuine(result);
    unit.follow(settling);
    return settling;
  }

  /**
   * If the work fails, the unit of work of the running code is rolled back, even if a middleware catches the failure.
   * @param handler whose work it is
   */
  dooming(work: () => unknown, handler: string): unknown {
    const unit = this.open();
    if (unit === undefined) return work();
    const settling = started(work);
    settling.catch(error => unit.doom(error, handler));
    return settling;
  }

  private open(): UnitOfWork | undefined {
    let unit = this.storage.getStore();
    while (unit !== undefined && !unit.isOpen) unit = unit.outer;
    return unit;
  }

  /**
   * @param context of the dispatch that does the work
   * @returns settles as the work does; resolves when what waited for the commit has settled
   * @throws (rejects) CqrsException (CQRS_ROLLED_BACK, CQRS_NO_SAVEPOINT, CQRS_FOREIGN_TRANSACTION, CQRS_DELIVERY_LOST,
   *   CQRS_WORK_NOT_DONE, CQRS_COMMITTING)
   */
  run<R>(work: () => Promise<R>, propagation: Propagation, context: MessageContext): Promise<R> {
    const doing = { work, context, bounds: context.bounds };
    const isNew = propagation === 'RequiresNew';
    const asking = () => `@Transactional on ${context.handler.name}`;
    try {
      const outer = (isNew ? this.open() : undefined) ?? this.current(asking);
      if (outer === undefined || isNew) return this.begin(doing, outer);
      const part = propagation === 'Nested' ? outer.inTurn(() => this.nest(doing, outer)) : join(doing, outer);
      outer.follow(part);
      return part;
    } catch (error) {
      return Promise.reject(error as Error);
    }
  }

  private async begin<R>(doing: Doing<R>, outer: UnitOfWork | undefined): Promise<R> {
    // Its handlers after the commit do not belong to the outer one, which may still be rolled back.
    const home = outer?.home ?? captureContext();
    const { name } = doing.context.handler;
    const waited = outer && connectionWait(name, outer.handler);
    let unit: UnitOfWork | undefined;
    try {
      const result = await this.transactions.run(() => {
        waited?.('begun');
        // It may be tried again.
        unit?.end();
        unit = new UnitOfWork(transactionOf(this.transactions), name, home);
        return this.within(unit, doing);
      });
      mustBeDone(unit, this.transactions);
      if (unit!.hasHeld) await unit!.endAndRunHeld();
      return result;
    } finally {
      waited?.('failed');
      unit?.end();
    }
  }

  private async nest<R>(doing: Doing<R>, outer: UnitOfWork): Promise<R> {
    const { transactions } = this;
    mustBeInTime(doing);
    if (transactions.savepoint === undefined) throw withoutSavepoint(transactions.name);
    let unit: UnitOfWork | undefined;
    try {
      const result = await transactions.savepoint(() => {
        unit = new UnitOfWork(transactionOf(transactions), doing.context.handler.name, outer.home, outer);
        return this.within(unit, doing);
      });
      mustBeDone(unit, transactions);
      unit!.leaveToOuter();
      return result;
    } finally {
      unit?.end();
    }
  }

  /** perf: what need not be awaited is not: each promise costs 0.5 µs where an `AsyncLocalStorage` is in use. */
  private within<R>(unit: UnitOfWork, doing: Doing<R>): Promise<R> {
    return this.storage.run(unit, async () => {
      // It may be over since a connection was awaited.
      mustBeInTime(doing);
      let result: R;
      try {
        result = await doing.work();
      } catch (error) {
        // What goes on after the end of a transaction would write outside of it.
        if (unit.isBusy) await unit.settled();
        unit.failed(error);
        throw error;
      }
      if (unit.isBusy) await unit.settled();
      if (isRows(result)) throw rowsInTransaction(doing.context.handler.name);
      await this.check(unit, doing);
      unit.isDone = true;
      return result;
    });
  }

  /**
   * All that may still refuse the commit, the end of the delivery last; again if code that was left running has added
   * something meanwhile.
   */
  private async check(unit: UnitOfWork, doing: Doing<unknown>): Promise<void> {
    let isSettled = unit.outer !== undefined;
    let checked: number | undefined;
    while (unit.isBusy || unit.begun !== checked) {
      if (unit.isBusy) await unit.settled();
      checked = unit.isBusy ? undefined : unit.begun;
      unit.mustBeSound();
      mustBeInTime(doing);
      const verifying = verified(unit, this.transactions);
      if (verifying !== undefined) await verifying;
      if (isSettled || unit.begun !== checked) continue;
      const settling = settleDelivery(unit, doing.context);
      if (settling !== undefined) await settling;
      isSettled = true;
    }
    mustBeInTime(doing);
  }
}

/** What a dispatch does in a unit of work. */
interface Doing<R> {
  readonly work: () => Promise<R>;
  readonly context: MessageContext;
  /** When it began: a limit around the unit of work is gone from the context when its time is up. */
  readonly bounds: Bounds | undefined;
}

async function join<R>(doing: Doing<R>, outer: UnitOfWork): Promise<R> {
  try {
    const result = await doing.work();
    mustBeInTime(doing);
    return result;
  } catch (error) {
    outer.doom(error, doing.context.handler.name);
    throw error;
  }
}

function transactionOf(transactions: Transactions): unknown {
  const transaction = transactions.current();
  if (transaction === undefined) throw withoutTransaction(transactions.name, 'answers undefined');
  if (transactions.current() === transaction) return transaction;
  throw withoutTransaction(transactions.name, 'answers another object at each call');
}

/** Else events of work that has failed would be handled. */
function mustBeDone(unit: UnitOfWork | undefined, { name }: Transactions): void {
  if (unit?.isDone !== true) throw notDone(name);
}

/** Else its caller has been told that it failed. */
const mustBeInTime = ({ bounds }: Doing<unknown>): void => bounds?.signal?.throwIfAborted();

/** What a stream query answers. */
export const isRows = (result: unknown): boolean =>
  typeof result === 'object' && result !== null && Symbol.asyncIterator in result;
