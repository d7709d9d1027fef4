import { Logger, type LoggerService } from '@nestjs/common';
import { genuine } from '../pipeline/settled.js';

const METHODS = ['error', 'warn'] as const;

/**
 * The logger of this library. Nest's hands nothing on of what the logger of the application returns, so that one which is
 * asynchronous and rejects would end the process: nothing is left that could be told of it.
 */
export class CqrsLogger extends Logger {
  override get localInstance(): LoggerService {
    return guarded(super.localInstance);
  }
}

function guarded(logger: LoggerService): LoggerService {
  const guard = Object.create(logger) as Record<string, unknown>;
  for (const method of METHODS)
    guard[method] = (...said: unknown[]) => {
      void genuine((logger[method] as (...given: unknown[]) => unknown)(...said)).catch(() => undefined);
    };
  return guard as unknown as LoggerService;
}
