import type { Audience } from '../dispatch/audience.js';
import type { ProbeWatch } from '../dispatch/probe-watch.js';
import { EventDelivery } from './event-delivery.js';

/** Ends what probes have begun, when all handlers have settled. */
export class ProbedDelivery extends EventDelivery {
  private watch: ProbeWatch | undefined;
  private whole: Promise<void> | undefined;

  /** @param watch of the probes that have been told of the event */
  probedBy(watch: ProbeWatch): this {
    this.watch = watch;
    return this;
  }

  override deliverAndShow(audience: Audience<EventDelivery>): void {
    try {
      super.deliverAndShow(audience);
    } catch (error) {
      // The stack has overflowed.
      this.watch?.end({ error });
      throw error;
    }
    if (this.running === 0) this.watch?.end();
    else this.watch?.endWith(this.settled());
  }

  override async deliverInTurn(mode: 'untilFailure' | 'sequential'): Promise<void> {
    try {
      await super.deliverInTurn(mode);
    } finally {
      this.watch?.end();
    }
  }

  /** One promise: the delivery itself makes one for each call. */
  protected override settled(): Promise<void> {
    return (this.whole ??= super.settled());
  }
}
