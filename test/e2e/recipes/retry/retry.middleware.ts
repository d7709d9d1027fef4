import { setTimeout as delay } from 'node:timers/promises';
import { Injectable, ServiceUnavailableException } from '@nestjs/common';
import { type CqrsMiddleware, DispatchTimeoutException, type MessageContext, type Next } from 'nestjs-cqrs';

// #region middleware
/** Which failures are worth another attempt, how many attempts there are, and how long to wait between them. */
@Injectable()
export class RetryPolicy {
  readonly attempts: number = 3;

  isTemporary(error: unknown): boolean {
    return error instanceof ServiceUnavailableException || error instanceof DispatchTimeoutException;
  }

  /** Twice as long each time; a random part keeps callers from coming back together. */
  pause(attempt: number): number {
    return 2 ** attempt * (50 + Math.random() * 50);
  }
}

@Injectable()
export class RetryMiddleware implements CqrsMiddleware {
  constructor(private readonly policy: RetryPolicy) {}

  async intercept(message: object, next: Next, { signal }: MessageContext) {
    for (let attempt = 1; ; attempt++) {
      try {
        return await next(message);
      } catch (error) {
        if (attempt >= this.policy.attempts || signal.aborted || !this.policy.isTemporary(error)) throw error;
        await delay(this.policy.pause(attempt), undefined, { signal }).catch(() => Promise.reject(error));
      }
    }
  }
}
// #endregion
