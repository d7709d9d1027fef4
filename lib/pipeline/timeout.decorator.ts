import { timeLimit } from './time-limit.js';
import { UseMiddleware } from './use-middleware.decorator.js';

/**
 * Limits how long a dispatch may take: of one message type (on a message class), or of one handler (on a handler class
 * or method). It lies where it stands among `@UseMiddleware`.
 * @param timeout in milliseconds; less where the cause has less left
 * @throws CqrsException (code CQRS_INVALID_TIMEOUT) unless it is a positive number
 */
export const Timeout = (timeout: number): ClassDecorator & MethodDecorator =>
  UseMiddleware(timeLimit(timeout, '@Timeout'));
