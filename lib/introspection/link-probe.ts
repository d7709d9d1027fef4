import { newStorage } from '../context/context-storage.js';
import type { HandlerIdentity } from '../context/handler-identity.js';
import type { MessageContext } from '../context/message-context.js';
import { BUS } from '../events/published-event.js';
import type {
  Probe,
  ProbePoint,
  Published,
  Received,
  RowsRead,
  SagaCommand,
  SagaMoment,
  Watched,
  Watching,
} from '../pipeline/probe.js';
import type { LinkCounts, Sender } from './link-counts.js';

/** No handler and no saga of this process: a request, a timer, another process. */
export const OUTSIDE = 'outside';

/** A store hands out what was stored: that was counted where it was stored. */
export const STORE = 'store';

/**
 * Counts who sends what. The contexts tell the sender where they propagate or are given; everywhere else, a storage of
 * this probe does, so the application keeps its own settings.
 */
export class LinkProbe implements Probe {
  private readonly storage = newStorage<Sender>();
  /** Stand between a sender and its message. */
  private readonly between = new WeakSet<HandlerIdentity>([BUS]);
  private isOver = false;

  constructor(private readonly counts: LinkCounts) {}

  /** What runs on takes no storage along any more. */
  end(): void {
    this.isOver = true;
    this.storage.disable();
  }

  wrap({ at, kind, type, handler, place }: ProbePoint, run: Watched): Watched {
    if (at !== 'dispatch' && at !== 'prepare') return run;
    if (place !== undefined) this.between.add(handler);
    const within: Watched =
      place === undefined ? (message, context) => this.within(handler, () => run(message, context)) : run;
    // An event is counted once, when it is published, and not for each handler.
    if (kind === 'event') return within;
    const sent = this.counts.of(kind, type);
    return (message, context) => {
      if (!this.isOver) this.counts.count(sent, this.senderOf(context));
      return within(message, context);
    };
  }

  publish({ context }: Published): undefined {
    if (context !== undefined) this.counts.count(this.counts.of('event', context.type), this.senderOf(context));
  }

  sagaWorks({ saga }: SagaMoment): Watching {
    return this.watching(saga);
  }

  sagaEmits({ saga }: SagaCommand): Watching {
    return this.watching(saga);
  }

  /** A generator continues where its reader is. */
  rows({ context }: RowsRead): Watching {
    return this.watching(context.handler);
  }

  receives({ from }: Received): Watching {
    return this.watching(from === 'store' ? STORE : OUTSIDE);
  }

  private senderOf(context: MessageContext): Sender {
    let cause = context.parent;
    while (cause !== undefined && this.between.has(cause.handler)) cause = cause.parent;
    if (cause !== undefined) return cause.handler;
    // Said by the origin of the chain. It may be made anew each time, so its name counts.
    const said = context.parent === undefined ? context.sentBy : undefined;
    return this.storage.getStore() ?? (said === undefined ? OUTSIDE : nameOfSender(said));
  }

  private watching(sender: Sender): Watching {
    return { run: part => this.within(sender, part) };
  }

  private within<R>(sender: Sender, part: () => R): R {
    return this.isOver ? part() : this.storage.run(sender, part);
  }
}

/** As ids of handlers and sagas are. */
export const nameOfSender = (sender: Sender): string => {
  if (typeof sender === 'string') return sender;
  return sender.module === undefined ? sender.name : `${sender.module}/${sender.name}`;
};
