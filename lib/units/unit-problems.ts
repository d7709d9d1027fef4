import { textOf } from '../dispatch/failures.js';
import { CqrsException } from '../errors/cqrs.exception.js';

export const GIVE_ONE =
  'Give it one: CqrsModule.forRoot({ unitOfWork: transactional() }), with transactional() of nestjs-cqrs/transactional.';

const IMPORT = "Import Transactional from 'nestjs-cqrs/transactional'";

export const foreign = (library: string, where: string): CqrsException =>
  new CqrsException({
    code: 'CQRS_FOREIGN_TRANSACTION',
    what: `A transaction of ${library} is open, and not as a unit of work: events would be published, and handlers called, before its commit.`,
    where,
    remedy: `${IMPORT}, and put it on the command or its handler, in place of what opens the transaction there.`,
  });

/** One of its own, or a savepoint. */
export const foreignWithin = (library: string, handler: string, where: string): CqrsException =>
  new CqrsException({
    code: 'CQRS_FOREIGN_TRANSACTION',
    what: `Within the unit of work of ${handler}, another transaction of ${library} or a savepoint is open, of which that knows nothing: one of the two may be committed, and the other rolled back.`,
    where,
    remedy:
      "Do it before or after that part; or let a command do the part, with @Transactional({ propagation: 'RequiresNew' }) or 'Nested'.",
  });

/** @param part the handler that has failed: that of the unit itself, or another one */
export const rolledBack = (handler: string, part: string, cause: unknown): CqrsException =>
  new CqrsException({
    code: 'CQRS_ROLLED_BACK',
    what: `The unit of work of ${handler} is rolled back: ${part} has failed, and that failure was caught, or nothing awaited it: ${textOf(cause)}.`,
    where: handler,
    remedy:
      part === handler
        ? 'Put the middleware that has caught it, such as a retry, above @Transactional(): then each attempt has its own transaction.'
        : "Let the failure pass, also through middleware such as a retry; or give that part @Transactional({ propagation: 'Nested' }), so that it can fail alone.",
    cause,
  });

export const uncommittable = (handler: string, cause: unknown): CqrsException =>
  new CqrsException({
    code: 'CQRS_STATEMENT_FAILED',
    what: `The transaction cannot be committed: ${textOf(cause)}.`,
    where: handler,
    remedy:
      "If the error of a statement was caught, let it pass, or send the statement in a command with @Transactional({ propagation: 'Nested' }), which can fail alone. Leave COMMIT and ROLLBACK to the unit of work.",
    cause,
  });

export const committing = (): CqrsException =>
  new CqrsException({
    code: 'CQRS_COMMITTING',
    what: 'Code that a handler has left running adds to its unit of work while that is being committed: too late to be part of it.',
    remedy: 'Await in the handler what it starts; or start it in a handler of an event, which runs after the commit.',
  });

export const withoutSavepoint = (library: string): CqrsException =>
  new CqrsException({
    code: 'CQRS_NO_SAVEPOINT',
    what: `${library} has no savepoints here, so a part of a unit of work cannot fail alone.`,
    where: "@Transactional({ propagation: 'Nested' })",
    remedy:
      "Leave the propagation out: the part joins the unit of work of its caller, and fails with it. Or use 'RequiresNew'.",
  });

export const rowsInTransaction = (handler: string): CqrsException =>
  new CqrsException({
    code: 'CQRS_ROWS_IN_TRANSACTION',
    what: `The transaction of ${handler} would end before its rows are read.`,
    where: `@Transactional on ${handler}`,
    remedy: 'Take it away, and read the rows within a transaction that the handler opens.',
  });

export const deliveryLost = (handler: string): CqrsException =>
  new CqrsException({
    code: 'CQRS_DELIVERY_LOST',
    what: `Another worker has taken the message that ${handler} has handled, since the lease ended: the transaction is rolled back.`,
    where: handler,
    remedy: 'Nothing is lost: the other worker handles it. Make the lease longer if handlers take this long.',
  });

export const notDone = (library: string): CqrsException =>
  new CqrsException({
    code: 'CQRS_WORK_NOT_DONE',
    what: `${library} says that a transaction has ended well, and its work has failed or was not called.`,
    where: 'unitOfWork of CqrsModule.forRoot()',
    remedy: 'Let run() and savepoint() call the work, wait for it, and reject if it rejects.',
  });

export const withoutTransaction = (library: string, what: string): CqrsException =>
  new CqrsException({
    code: 'CQRS_WORK_NOT_DONE',
    what: `${library} ${what} within run() or savepoint().`,
    where: 'current() of the unitOfWork of CqrsModule.forRoot()',
    remedy: 'Let current() tell the transaction of the running code, the same object at each call.',
  });

export const withoutUnitOfWork = (): CqrsException =>
  new CqrsException({
    code: 'CQRS_NO_UNIT_OF_WORK',
    what: '@Transactional is used, and the application has no unit of work.',
    where: 'CqrsModule.forRoot()',
    remedy: GIVE_ONE,
  });
