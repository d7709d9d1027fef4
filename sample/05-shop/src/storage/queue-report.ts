import { Injectable } from '@nestjs/common';
import { DeadLetters, Queues } from 'nestjs-cqrs';
import type { QueuesOfService } from '../contracts/queues.js';

// #region report
/** Tells of the queues of this process. */
@Injectable()
export class QueueReport {
  constructor(
    private readonly queues: Queues,
    private readonly deadLetters: DeadLetters,
  ) {}

  async read(): Promise<QueuesOfService> {
    const letters = await this.deadLetters.list();
    return {
      queues: await this.queues.list(),
      deadLetters: letters.map(({ id, queue, reason }) => ({ id, queue, reason: reason?.message })),
    };
  }
}
// #endregion
