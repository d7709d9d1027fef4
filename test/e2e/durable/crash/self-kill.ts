import { Injectable } from '@nestjs/common';
import type { Delivery, DurableTransport, Outcome } from 'nestjs-cqrs/extension';

/** Where a process kills itself. */
export type KillPoint =
  'before the handler' | 'in the handler' | 'after the handler' | 'after its success' | 'after completion';

/** The process kills itself at the first attempt of one job; `after its success`, at the first that goes well. */
@Injectable()
export class SelfKill {
  constructor(
    private readonly point: KillPoint | undefined,
    private readonly id = '',
  ) {}

  isAt(point: KillPoint, { id, attempt }: Pick<Delivery, 'id' | 'attempt'>): boolean {
    return point === this.point && id === this.id && attempt === 1;
  }

  now(): void {
    process.kill(process.pid, 'SIGKILL');
  }

  /** Changes the transport so that it happens. */
  wrap(transport: DurableTransport): DurableTransport {
    if (this.point === undefined) return transport;
    const work = transport.work.bind(transport);
    transport.work = (queue, run) => work(queue, delivery => this.run(transport, delivery, run));
    return transport;
  }

  private async run(
    transport: DurableTransport,
    delivery: Delivery,
    run: (delivery: Delivery) => Promise<Outcome>,
  ): Promise<Outcome> {
    if (this.isAt('before the handler', delivery)) this.now();
    const { handledLastMinute } = await transport.inspect(delivery.queue);
    const outcome = await run(delivery);
    if (this.isAt('after the handler', delivery)) this.now();
    if (this.point === 'after its success' && delivery.id === this.id && outcome.isDone) this.now();
    if (this.isAt('after completion', delivery))
      void this.waitForCompletion(transport, delivery.queue, handledLastMinute!);
    return outcome;
  }

  private async waitForCompletion(transport: DurableTransport, queue: string, before: number): Promise<void> {
    while ((await transport.inspect(queue)).handledLastMinute === before) await new Promise(setImmediate);
    this.now();
  }
}
