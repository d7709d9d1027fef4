import { Deadline } from '../context/deadline.js';
import type { MessageContext } from '../context/message-context.js';
import type { Restriction } from '../context/restriction.js';
import { CqrsException } from '../errors/cqrs.exception.js';
import { DispatchTimeoutException } from '../errors/dispatch-timeout.exception.js';
import { nameOf } from '../messages/inspect-message.js';
import { endsEarly } from './early-end.js';
import type { MiddlewareFunction } from './middleware.js';
import { started } from './settled.js';

/** Milliseconds of Node's longest timer. */
export const MAX_TIMER = 2 ** 31 - 1;

/** Outer middleware, such as a retry, may go on after a limit. */
type Standing = 'outermost' | 'within others';

/**
 * Limits the time of inner layers; never extends the limit of a cause. Then `context.signal` is aborted and the
 * dispatch rejects; later results reach no caller, outer layers see the previous signal.
 * @param timeout in milliseconds
 * @param limitedBy named in the error
 * @throws CqrsException (CQRS_INVALID_TIMEOUT) unless positive
 */
export function timeLimit(timeout: number, limitedBy: string): MiddlewareFunction {
  checkTimeout(timeout, limitedBy);
  const limit: MiddlewareFunction = (message, next, context) => {
    const deadline = new Deadline(timeout, `${limitedBy} for "${nameOf(context.type)}"`);
    return within(context, context.restrict(limit, deadline), 'within others', () => next(message));
  };
  Object.defineProperty(limit, 'name', { value: `timeLimit(${timeout})` });
  return endsEarly(limit);
}

export const limitByCaller: MiddlewareFunction = (message, next, context) => {
  const { timeout } = context;
  if (timeout === undefined) return next(message);
  const limitedBy = `the timeout option of the dispatch of "${nameOf(context.type)}"`;
  checkTimeout(timeout, limitedBy);
  const restriction = context.restrict(limitByCaller, new Deadline(timeout, limitedBy));
  return within(context, restriction, 'outermost', () => next(message));
};

function within(
  context: MessageContext,
  restriction: Restriction,
  standing: Standing,
  run: () => Promise<unknown>,
): Promise<unknown> {
  const { deadline } = restriction;
  const exceeded = () =>
    new DispatchTimeoutException(nameOf(context.type), context.handler.name, deadline.timeout, deadline.limitedBy);
  if (deadline.remaining <= 0) {
    context.release(restriction);
    throw exceeded();
  }
  return new Promise((resolve, reject) => {
    const timer = startTimer(deadline, () => {
      if (standing === 'within others') context.release(restriction);
      const error = exceeded();
      restriction.end(error);
      reject(error);
    });
    const settle =
      <T>(settled: (value: T) => void) =>
      (value: T) => {
        clearTimeout(timer);
        context.release(restriction);
        settled(value);
      };
    started(run).then(settle(resolve), settle(reject));
  });
}

const startTimer = ({ remaining }: Deadline, run: () => void): NodeJS.Timeout | undefined =>
  remaining > MAX_TIMER ? undefined : setTimeout(run, remaining);

function checkTimeout(timeout: number, limitedBy: string): void {
  if (typeof timeout === 'number' && timeout > 0) return;
  throw new CqrsException({
    code: 'CQRS_INVALID_TIMEOUT',
    what: `A time limit must be a number of milliseconds greater than 0, not ${String(timeout)}.`,
    where: limitedBy,
    remedy: 'Give such a number, or none where there is no limit.',
  });
}
