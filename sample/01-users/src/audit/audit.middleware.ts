import { Injectable } from '@nestjs/common';
import type { CqrsMiddleware, MessageContext, Next } from 'nestjs-cqrs';
import { AuditLog } from './audit.log.js';

/** Writes down every command and how it ended. */
@Injectable()
export class AuditMiddleware implements CqrsMiddleware {
  constructor(private readonly log: AuditLog) {}

  async intercept(message: object, next: Next, { messageId, timestamp, type }: MessageContext): Promise<unknown> {
    const result = next(message);
    await this.log.write({ id: messageId, at: timestamp, command: type.name, outcome: await outcomeOf(result) });
    return result;
  }
}

const outcomeOf = (result: Promise<unknown>): Promise<string> =>
  result.then(
    () => 'done',
    (error: unknown) => `failed: ${error instanceof Error ? error.message : String(error)}`,
  );
