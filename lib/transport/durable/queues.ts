import { Injectable } from '@nestjs/common';
import type { QueueNumbers } from './durable-transport.js';
import type { DurableDesk } from './durable-desk.js';

/** Numbers of one queue, from the engine: of all processes that share it. */
export interface QueueState extends QueueNumbers {
  readonly queue: string;
}

/** Tells how the queues of this process are doing. Injectable. */
@Injectable()
export class Queues {
  /** @internal */
  constructor(private readonly desk: DurableDesk) {}

  /**
   * In the order of names.
   * @throws (rejects) CqrsException (CQRS_NOT_DURABLE, CQRS_ENGINE_UNAVAILABLE)
   */
  async list(): Promise<QueueState[]> {
    await this.desk.transport();
    const names = [...this.desk.queueNames()].toSorted();
    return Promise.all(names.map(name => this.inspect(name)));
  }

  /**
   * One queue.
   * @throws (rejects) as `list`, and CqrsException (CQRS_UNKNOWN_QUEUE)
   */
  async get(queue: string): Promise<QueueState> {
    await this.desk.transport();
    return this.inspect(this.desk.known(queue));
  }

  private async inspect(queue: string): Promise<QueueState> {
    const transport = await this.desk.transport();
    return { queue, ...(await transport.inspect(queue)) };
  }
}
