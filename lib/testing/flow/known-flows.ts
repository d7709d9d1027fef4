import type { MessageContext, MessageKind } from '../../index.js';
import { causedBy, type Cause, type Known } from './cause.js';
import type { FlowLog } from './flow-log.js';
import { timeOfDay } from './moment.js';

/** A message that passed the application lately, in whichever flow. */
export interface RecentMessage {
  readonly kind: MessageKind;
  readonly message: object;
  readonly time: string;
  readonly flow: FlowLog | undefined;
  /** What began it, if not itself. */
  readonly root: string | undefined;
}

const MESSAGES_KEPT = 200;
const FLOWS_KEPT = 50;

/** Which message belongs to which flow. */
export class KnownFlows {
  readonly recent: RecentMessage[] = [];
  private readonly flows: FlowLog[] = [];
  /** By `context.shared`. */
  private readonly byContext = new WeakMap<MessageContext, Known>();

  opened(flow: FlowLog): void {
    this.flows.push(flow);
    if (this.flows.length > FLOWS_KEPT) this.flows.shift();
  }

  passed(kind: MessageKind, message: object, cause: Cause | undefined): void {
    this.recent.push({ kind, message, time: timeOfDay(), flow: cause?.flow, root: cause?.root });
    if (this.recent.length > MESSAGES_KEPT) this.recent.shift();
  }

  keep(context: MessageContext, known: Known): void {
    this.byContext.set(context.shared, known);
  }

  of(context: MessageContext | undefined): Known | undefined {
    return context === undefined ? undefined : this.byContext.get(context.shared);
  }

  /** Where the asynchronous context is lost: as in a generator, or on the way through a store. */
  causeOf(context: MessageContext | undefined): Cause | undefined {
    if (context === undefined) return undefined;
    const parent = this.of(context.parent);
    if (parent !== undefined) return causedBy(parent);
    for (const flow of this.flows) {
      const recorded = flow.find(context.messageId) ?? flow.find(context.causationId);
      if (recorded !== undefined) return causedBy({ flow, recorded });
    }
    return undefined;
  }
}
