import { Logger } from '@nestjs/common';
import type { MiddlewareFunction } from 'nestjs-cqrs';

const logger = new Logger('Timing');

/** Logs how long every message took. */
export const timing: MiddlewareFunction = async (message, next) => {
  const start = performance.now();
  try {
    return await next(message);
  } finally {
    logger.log(`${message.constructor.name}: ${(performance.now() - start).toFixed(1)} ms`);
  }
};
