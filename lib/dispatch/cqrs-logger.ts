import { Logger, type LoggerService } from '@nestjs/common';
import { started } from '../pipeline/settled.js';

const METHODS = ['error', 'warn', 'log', 'debug', 'verbose'] as const;

/** A logger that throws must not stop its caller; one that rejects would end the process. */
export class CqrsLogger extends Logger {
  override get localInstance(): LoggerService {
    // Undefined if the application has no logger.
    const logger = super.localInstance as LoggerService | undefined;
    return (logger && guarded(logger)) as LoggerService;
  }
}

function guarded(logger: LoggerService): LoggerService {
  const guard = Object.create(logger) as Record<string, unknown>;
  for (const method of METHODS)
    guard[method] = (...said: unknown[]) => {
      const log = logger[method] as ((...given: unknown[]) => unknown) | undefined;
      started(() => log?.apply(logger, said)).catch(() => undefined);
    };
  return guard as unknown as LoggerService;
}
