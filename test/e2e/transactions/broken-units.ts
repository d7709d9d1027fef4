import { AsyncResource } from 'node:async_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import type { Type } from '@nestjs/common';
import { Middleware, type CqrsMiddleware, type MessageContext, type Next } from 'nestjs-cqrs';
import type { UnitOfWorkConformanceAdapter } from 'nestjs-cqrs/testing';
import { memoryUnits, MemoryUnits, type Running } from './memory-units.js';

type Breakage = () => UnitOfWorkConformanceAdapter;

class WritesAtOnce extends MemoryUnits {
  override async insert(row: string) {
    this.rows.add(row);
  }
}

class KeepsAll extends MemoryUnits {
  protected override rollback(running: Running) {
    return this.commit(running);
  }
}

class CommitsNothing extends MemoryUnits {
  protected override commit(running: Running) {
    return this.rollback(running);
  }
}

class FailsToCommit extends MemoryUnits {
  protected override async commit() {
    throw new Error('The server is gone.');
  }
}

/** As a variable in place of an `AsyncLocalStorage` is. */
class OneForAll extends MemoryUnits {
  private latest: Running | undefined;

  protected override open() {
    return this.latest?.isOpen === true ? this.latest : undefined;
  }

  protected override end<R>(running: Running, work: () => Promise<R>) {
    this.latest = running;
    return super.end(running, work);
  }
}

/** What has ended is told for ever, everywhere. */
class NeverEnds extends MemoryUnits {
  private latest: Running | undefined;

  override current(): unknown {
    return super.current() ?? this.latest;
  }

  protected override end<R>(running: Running, work: () => Promise<R>) {
    return super.end((this.latest = running), work);
  }
}

class TellsOneOutside extends MemoryUnits {
  override current(): unknown {
    return super.current() ?? {};
  }
}

/** Says that no transaction is open. */
class TellsNone extends MemoryUnits {
  override current(): unknown {
    return undefined;
  }
}

/** What was done first is rolled back. */
class TriesAgain extends MemoryUnits {
  override run<R>(work: () => Promise<R>) {
    const fails = async (): Promise<R> => {
      await work();
      throw new Error('The server is busy.');
    };
    return super.run(fails).catch(() => super.run(work));
  }
}

class LosesResults extends MemoryUnits {
  override async run<R>(work: () => Promise<R>) {
    return (await super.run(work), undefined as R);
  }
}

class SwallowsFailures extends MemoryUnits {
  override run<R>(work: () => Promise<R>) {
    return super.run(work).catch(() => undefined as R);
  }
}

class WithoutSavepoints extends MemoryUnits {
  override savepoint<R>(work: () => Promise<R>) {
    return work();
  }
}

class SavepointsOfTheirOwn extends MemoryUnits {
  override savepoint<R>(work: () => Promise<R>) {
    return this.run(work);
  }
}

class JoinsAlways extends MemoryUnits {
  override run<R>(work: () => Promise<R>) {
    return this.open() === undefined ? super.run(work) : work();
  }
}

class DoesNotVerify extends MemoryUnits {
  override async verify() {}
}

class LeavesRows extends MemoryUnits {
  private left: readonly string[] = [];

  protected override async rollback(running: Running) {
    this.left = running.rows;
    await super.rollback(running);
  }

  protected override async commit(running: Running) {
    running.rows.push(...this.left);
    await super.commit(running);
  }
}

class ForgetsContext extends MemoryUnits {
  private readonly outside = new AsyncResource('outside');

  override run<R>(work: () => Promise<R>) {
    return this.outside.runInAsyncScope(() => super.run(work));
  }
}

const units =
  (Units: typeof MemoryUnits): Breakage =>
  () =>
    memoryUnits(Units);

/** An engine that knows nothing of transactions, and says it does. */
const storesAtOnce: Breakage = () => {
  const { engine, ...adapter } = memoryUnits();
  const durable = () => {
    const transport = engine.another();
    return Object.assign(Object.create(transport) as typeof transport, {
      store: (jobs: Parameters<typeof transport.store>[0]) => transport.store(jobs),
    });
  };
  return { ...adapter, durable };
};

/** Stores what comes after a first unit of work in the midst of the next one. */
const storesSoon: Breakage = () => {
  const { engine, ...adapter } = memoryUnits();
  let first: unknown;
  const durable = () => {
    const transport = engine.another();
    const store: typeof transport.store = async (jobs, transaction) => {
      first ??= transaction;
      if (transaction === first) return transport.store(jobs, transaction);
      setTimeout(() => void transport.store(jobs), 50);
      return jobs.map(({ id }) => ({ id, isDuplicate: false }));
    };
    return Object.assign(Object.create(transport) as typeof transport, { store });
  };
  return { ...adapter, durable };
};

/** A module of the adapter brings a middleware. */
const withMiddleware =
  (type: Type<CqrsMiddleware>): Breakage =>
  () => ({ ...memoryUnits(), imports: [{ module: type, providers: [type] }] });

@Middleware({ on: ['event'] })
class HoldsFirst implements CqrsMiddleware {
  private held: Promise<unknown> | undefined;

  async intercept(message: object, next: Next, { handler }: MessageContext) {
    if (handler.name === 'UnitHandlers.after' && this.held === undefined) await (this.held = pause(20));
    return (await next(message)) as object;
  }
}

@Middleware({ on: ['command'] })
class LosesCause implements CqrsMiddleware {
  intercept(message: object, next: Next, context: MessageContext) {
    if (context.handler.name === 'UnitHandlers.follow')
      Object.defineProperty(context, 'causationId', { value: 'another' });
    return next(message);
  }
}

const toldTwice: Breakage = () => {
  const adapter = memoryUnits();
  const rows = async () => [...(await adapter.rows()), ...(await adapter.rows())];
  return { ...adapter, rows };
};

/** How transactions are broken, and the case that tells. */
export const BROKEN_UNITS: readonly (readonly [how: string, breakage: Breakage, told: RegExp])[] = [
  ['rows are written at once', units(WritesAtOnce), /^a commit keeps the rows/],
  ['a commit keeps nothing', units(CommitsNothing), /^a commit keeps the rows/],
  ['results are lost', units(LosesResults), /^a commit keeps the rows/],
  ['work runs twice', units(TriesAgain), /^a commit keeps the rows/],
  ['handlers run in another order', withMiddleware(HoldsFirst), /^a nested command joins/],
  ['what a saga sends has another cause', withMiddleware(LosesCause), /^each phase has the context/],
  ['jobs are stored before the commit', storesSoon, /^what is enqueued and published/],
  ['results are lost after a failed handler', units(LosesResults), /^a handler that fails after the commit/],
  ['rows are told twice', toldTwice, /^a commit keeps the rows/],
  ['rows of two units are told twice', toldTwice, /^a nested command joins/],
  ['rows of parts are told twice', toldTwice, /^a part in a savepoint fails alone/],
  ['the transaction is told after its end', units(NeverEnds), /^a commit keeps the rows/],
  ['no transaction is told to an aggregate', units(TellsNone), /^an aggregate that commits/],
  ['no transaction is told to a publisher', units(TellsNone), /^publish tells which/],
  ['failures are swallowed', units(SwallowsFailures), /^a rollback keeps nothing/],
  ['failures of handlers are swallowed', units(SwallowsFailures), /^a handler in the transaction that fails/],
  ['a rollback keeps the rows', units(KeepsAll), /^a rollback keeps nothing/],
  ['a transaction is told where none is', units(TellsOneOutside), /^outside of a unit of work/],
  ['rows of a part are written at once', units(WritesAtOnce), /^a nested command joins/],
  ['a doomed one is committed', units(KeepsAll), /^a nested command that fails/],
  ['a savepoint rolls back nothing', units(WithoutSavepoints), /^a part in a savepoint fails alone/],
  ['a savepoint is committed alone', units(SavepointsOfTheirOwn), /^a part in a savepoint is gone/],
  ['one of its own joins', units(JoinsAlways), /^a unit of its own/],
  ['a failed statement is not told', units(DoesNotVerify), /^a statement that fails/],
  ['the end by hand is not told', units(DoesNotVerify), /^a handler that ends the transaction/],
  ['one is committed whose caller has left', units(KeepsAll), /^a command whose caller/],
  ['no commit succeeds', units(FailsToCommit), /^an aggregate that commits/],
  ['a failed handler does not roll back', units(KeepsAll), /^a handler in the transaction that fails/],
  ['a commit is lost', units(CommitsNothing), /^a handler that fails after the commit/],
  ['no unit with events succeeds', units(FailsToCommit), /^publish tells which/],
  ['there is one transaction for all', units(OneForAll), /^units of work that run at once/],
  ['rows of a rollback come with the next commit', units(LeavesRows), /^a unit of work that is tried again/],
  ['the context of the caller is lost', units(ForgetsContext), /^each phase has the context/],
  ['the running handler is forgotten', units(ForgetsContext), /^MessageContext.current\(\)/],
  ['the transaction stays after the commit', units(NeverEnds), /^what a handler publishes after/],
  ['the transaction stays after its end', units(NeverEnds), /^work that goes on after/],
  ['jobs are stored outside of the transaction', storesAtOnce, /^what is enqueued and published/],
  ['rows of a delivery are written at once', units(WritesAtOnce), /^a stored command is settled/],
];
