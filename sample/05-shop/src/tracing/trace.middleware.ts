import { Injectable } from '@nestjs/common';
import { Middleware, type CqrsMiddleware, type MessageContext, type Next } from 'nestjs-cqrs';
import type { Span } from './span.js';

/** Writes a line of JSON for each message that this process handles. */
// #region middleware
@Middleware({ at: ['handle'] })
@Injectable()
export class TraceMiddleware implements CqrsMiddleware {
  async intercept(message: object, next: Next, context: MessageContext): Promise<unknown> {
    const time = performance.timeOrigin + performance.now();
    try {
      return await next(message);
    } finally {
      const { kind, type, handler, messageId, causationId, correlationId } = context;
      const span: Span = { kind, name: type.name, handler: handler.name, messageId, causationId, correlationId, time };
      console.log(JSON.stringify(span));
    }
  }
}
// #endregion
