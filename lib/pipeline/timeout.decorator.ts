import { timeLimit } from './time-limit.js';
import { UseMiddleware } from './use-middleware.decorator.js';

/**
 * Limits the time per dispatch of a message class, handler class or method. Takes its place among `@UseMiddleware`.
 * @param timeout in milliseconds; less if the cause has less left
 * @throws CqrsException (CQRS_INVALID_TIMEOUT) unless positive
 */
export const Timeout = (timeout: number): ClassDecorator & MethodDecorator =>
  UseMiddleware(timeLimit(timeout, '@Timeout'));
