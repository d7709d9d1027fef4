import { timeLimit } from './time-limit.js';
import { UseMiddleware } from './use-middleware.decorator.js';

/**
 * Limits the time per dispatch of a message class, handler class or handler method. It takes its place among
 * `@UseMiddleware`.
 * @param timeout in milliseconds; the remaining time of the cause if that is less
 * @throws CqrsException (CQRS_INVALID_TIMEOUT) unless it is positive
 */
export const Timeout = (timeout: number): ClassDecorator & MethodDecorator =>
  UseMiddleware(timeLimit(timeout, '@Timeout'));
