import { ConsoleLogger } from '@nestjs/common';
import { ContextOrigin, MessageContext } from 'nestjs-cqrs';

/** Begins every line with the correlation and the cause of what runs. */
export class ContextLogger extends ConsoleLogger {
  // #region logger
  override log(message: unknown, ...rest: unknown[]): void {
    const context = MessageContext.find();
    const correlation = context?.correlationId ?? ContextOrigin.find()?.correlationId ?? '-';
    const cause = context?.parent?.type.name ?? (correlation === '-' ? '-' : 'request');
    super.log(`[${correlation} < ${cause}] ${String(message)}`, ...rest);
  }
  // #endregion
}
