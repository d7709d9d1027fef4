import type { HandlerIdentity } from '../context/handler-identity.js';
import type { MessageContext } from '../context/message-context.js';
import type { ProbeWatch } from '../dispatch/probe-watch.js';
import type { Probes } from '../dispatch/probes.js';
import type { ShownEvent } from '../events/event-subject.js';
import type { SagaMoment } from '../pipeline/probe.js';

/** Tells probes that a saga is given an event. Its context is made only if one asks for it. */
export const workingOn = (shown: ShownEvent, saga: HandlerIdentity, probes: Probes): ProbeWatch | undefined =>
  probes.isEmpty ? undefined : probes.begin('sagaWorks', new GivenEvent(shown, saga));

class GivenEvent implements SagaMoment {
  private known: MessageContext | undefined;

  constructor(
    private readonly shown: ShownEvent,
    readonly saga: HandlerIdentity,
  ) {}

  get event(): object {
    return this.shown.event;
  }

  get context(): MessageContext {
    return (this.known ??= this.shown.contextFor(this.saga));
  }
}
