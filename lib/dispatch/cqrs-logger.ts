import { Logger, type LoggerService } from '@nestjs/common';
import { started } from '../pipeline/settled.js';

const METHODS = ['error', 'warn'] as const;

/**
 * The logger of this library. A logger of the application that throws must not tear off what logs, such as the end of the
 * application; Nest's own hands nothing on of what it returns, so that one which rejects would end the process. Nothing is
 * left that could be told of either.
 */
export class CqrsLogger extends Logger {
  override get localInstance(): LoggerService {
    // Where the application has switched its logger off there is none.
    const logger = super.localInstance as LoggerService | undefined;
    return (logger && guarded(logger)) as LoggerService;
  }
}

function guarded(logger: LoggerService): LoggerService {
  const guard = Object.create(logger) as Record<string, unknown>;
  for (const method of METHODS)
    guard[method] = (...said: unknown[]) => {
      const log = logger[method] as (...given: unknown[]) => unknown;
      started(() => log.apply(logger, said)).catch(() => undefined);
    };
  return guard as unknown as LoggerService;
}
