import { Injectable } from '@nestjs/common';
import { Middleware, type CqrsMiddleware, type MessageContext, type Next } from 'nestjs-cqrs';
import { Traces } from './traces.js';

/** Notes every dispatch and how long it took. */
// #region middleware
@Middleware()
@Injectable()
export class TraceMiddleware implements CqrsMiddleware {
  constructor(private readonly traces: Traces) {}

  async intercept(message: object, next: Next, context: MessageContext): Promise<unknown> {
    const start = performance.now();
    try {
      return await next(message);
    } finally {
      this.traces.add(context, performance.now() - start);
    }
  }
}
// #endregion
