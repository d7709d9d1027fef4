import type { ModuleRef } from '@nestjs/core';
import { textOf } from '../dispatch/failures.js';
import { CqrsException } from '../errors/cqrs.exception.js';
import type { WiringProblem } from '../errors/wiring.exception.js';
import type { HandlerInvoker } from '../handlers/handler-invoker.js';
import { lineage, nameOf } from '../messages/inspect-message.js';
import type { MessageType } from '../messages/message.js';
import { mayEndEarly } from '../pipeline/early-end.js';
import { middlewareName, type MiddlewareReference } from '../pipeline/middleware.js';
import { around } from '../pipeline/order.js';
import { inheritedMiddleware, methodsInMiddleware, usedOnMethod } from '../pipeline/use-middleware.decorator.js';
import { isInTransaction } from '../units/in-transaction.decorator.js';
import { isTransaction, isTransactionalUsed } from '../units/transactional.decorator.js';
import { foreign, GIVE_ONE } from '../units/unit-problems.js';
import type { UnitsOfWork } from '../units/units-of-work.js';
import { durabilityOfHandler } from './durable-queues.js';
import { culprit, type CheckedHandler } from './handler-checks.js';
import type { FoundProvider } from './provider-explorer.js';
import { handlerMiddleware } from './used-middleware.js';

/** Lets the transactions find what they need among the providers, once. */
export function connectTransactions(units: UnitsOfWork | undefined, moduleRef: ModuleRef): WiringProblem[] {
  try {
    units?.connect(token => moduleRef.get(token, { strict: false }));
    return [];
  } catch (cause) {
    const { code, what, remedy } = cause instanceof CqrsException ? cause : notConnected(units!, cause);
    return [{ code, what, where: 'unitOfWork of CqrsModule.forRoot()', remedy, cause }];
  }
}

/**
 * Problems of handlers with `@InTransaction()` or `@Transactional()`.
 * @param others providers that handle nothing
 */
export const unitOfWorkProblems = (
  handlers: readonly CheckedHandler[],
  units: UnitsOfWork | undefined,
  others: () => readonly FoundProvider[],
): WiringProblem[] => [
  ...inTransactionProblems(handlers, units),
  ...orderProblems(handlers),
  ...(isTransactionalUsed() ? strayProblems(handlers, others()) : []),
];

/** `@Transactional()` where nothing runs it: on a service, or on another method of a handler class. */
function strayProblems(handlers: readonly CheckedHandler[], others: readonly FoundProvider[]): WiringProblem[] {
  const methods = new Map<MessageType, Set<string | symbol>>(others.map(({ type }) => [type, new Set()]));
  for (const { type, declaration } of handlers)
    methods.set(type, (methods.get(type) ?? new Set()).add(declaration.method));
  return [...methods].flatMap(([type, handling]) => {
    const line = lineage(type);
    const onMethods = line.flatMap(ancestor =>
      methodsInMiddleware(ancestor)
        .filter(method => !handling.has(method) && usedOnMethod(ancestor, method).some(isTransaction))
        .map(method => `${nameOf(type)}.${String(method)}`),
    );
    const onClass = handling.size === 0 && inheritedMiddleware(line).some(isTransaction) ? [nameOf(type)] : [];
    return [...new Set([...onClass, ...onMethods])].map(stray);
  });
}

const inTransactionProblems = (handlers: readonly CheckedHandler[], units: UnitsOfWork | undefined): WiringProblem[] =>
  handlers.filter(isHandlerInTransaction).flatMap(handler => {
    const where = culprit(handler);
    if (handler.declaration.kind !== 'event') return [{ ...noEventHandler(handler.declaration.kind), where }];
    if (durabilityOfHandler(handler) !== undefined) return [{ ...DURABLE_TOO, where }];
    return units === undefined ? [{ ...WITHOUT_UNITS, where }] : [];
  });

/** Handlers that would publish before the commit. */
export const foreignProblems = (handlers: readonly CheckedHandler[], units: UnitsOfWork | undefined): WiringProblem[] =>
  handlers
    .filter(({ type, declaration }) => units?.transactions.isForeign?.(methodOf(type, declaration.method)) === true)
    .map(handler => {
      const { code, what, where, remedy } = foreign(units!.transactions.name, culprit(handler));
      return { code, what, where, remedy };
    });

/**
 * Middleware that may end before the handler, and is below `@Transactional()`: what the handler does later would belong to no
 * transaction, and what a second attempt does would be added to the first.
 */
const orderProblems = (handlers: readonly CheckedHandler[]): WiringProblem[] =>
  handlers.flatMap(handler => {
    const names = handler.types.flatMap(type =>
      middlewareWithin(type, handler).filter(mayEndEarly).map(middlewareName),
    );
    return [...new Set(names)].map(name => ({ ...belowTransaction(name), where: culprit(handler) }));
  });

const methodOf = (type: Pick<CheckedHandler, 'type'>['type'], method: string | symbol): unknown =>
  (type.prototype as Record<string | symbol, unknown>)[method];

export const isHandlerInTransaction = ({ type, declaration }: CheckedHandler): boolean =>
  isInTransaction(type, declaration.method);

/** What units of work need of a handler that has a part in them. */
export function withinUnits(handler: CheckedHandler, invoker: HandlerInvoker, units: UnitsOfWork): HandlerInvoker {
  const invoke = invoker.invoke.bind(invoker);
  // The transaction does not end before the handler, whatever limits its time.
  if (isHandlerInTransaction(handler))
    return Object.assign(invoker, {
      isInTransaction: true,
      invoke: (...given: Invocation) => units.followed(() => invoke(...given)),
    });
  if (!hasMiddlewareWithin(handler)) return invoker;
  const { name } = invoker.identity;
  return Object.assign(invoker, { invoke: (...given: Invocation) => units.dooming(() => invoke(...given), name) });
}

type Invocation = Parameters<HandlerInvoker['invoke']>;

/** Middleware below `@Transactional()`, which may catch the failure of the handler. */
const hasMiddlewareWithin = (handler: CheckedHandler): boolean =>
  isTransactionalUsed() && handler.types.some(type => middlewareWithin(type, handler).length > 1);

/** `@Transactional()` first, then what is below it. */
function middlewareWithin(type: MessageType, handler: CheckedHandler): readonly MiddlewareReference[] {
  const all = around([], inheritedMiddleware(lineage(type)), handlerMiddleware(handler));
  const transaction = all.findIndex(isTransaction);
  return transaction < 0 ? [] : all.slice(transaction);
}

const notConnected = ({ transactions: { name } }: UnitsOfWork, cause: unknown) => ({
  code: 'CQRS_NO_UNIT_OF_WORK',
  what: `The unit of work cannot find what ${name} provides: ${textOf(cause)}.`,
  remedy: `Import the module of ${name} into the application.`,
});

const noEventHandler = (kind: string) => ({
  code: 'CQRS_INVALID_HANDLER',
  what: `@InTransaction is for handlers of events, and this is one of a ${kind}.`,
  remedy: 'Use @Transactional().',
});

const belowTransaction = (name: string) => ({
  code: 'CQRS_POLICY_ORDER',
  what: `${name} is below @Transactional(): it may end before the handler does, or call it again, within one transaction.`,
  remedy: `Put it above @Transactional(), both on the message class or both on the handler: what is on the class of the message is outside.`,
});

const stray = (where: string): WiringProblem => ({
  code: 'CQRS_INVALID_HANDLER',
  what: `@Transactional is on ${where}, which handles no message: nothing opens a transaction there.`,
  where,
  remedy:
    'Put it on a handler, or on the class of a command. In a service, call withTransaction() of your library, or send a command.',
});

const DURABLE_TOO = {
  code: 'CQRS_INVALID_HANDLER',
  what: '@InTransaction and @Durable exclude each other: the event would be stored, and handled after the commit.',
  remedy: 'Leave one of the two out.',
};

const WITHOUT_UNITS = {
  code: 'CQRS_NO_UNIT_OF_WORK',
  what: '@InTransaction is used, and the application has no unit of work.',
  remedy: GIVE_ONE,
};
