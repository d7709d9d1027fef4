import { messageIdentity } from '../envelope/message.decorator.js';
import { lineage, nameOf } from '../messages/inspect-message.js';
import type { MessageType } from '../messages/message.js';
import {
  durabilityOf,
  durabilityOfMethod,
  durableClasses,
  type DurableDeclaration,
  type DurableOptions,
} from '../transport/durable/durable.decorator.js';
import type { RetryPolicy } from '../transport/durable/retry-policy.js';
import { matches } from '../transport/route-table.js';
import type { CheckedHandler } from './handler-checks.js';

/** A command class with `@Durable`, and whether this process handles what its queue holds. */
export interface QueueOfCommand {
  readonly type: MessageType;
  readonly name: string;
  /** Earlier names: their queues may still hold messages. */
  readonly aliases: readonly string[];
  readonly options: DurableOptions;
  readonly isHandledHere: boolean;
}

/** A relay goes on until the other process has the event. */
export const RELAY: RetryPolicy = { limit: 1_000_000, delay: 1000, backoff: true, maxDelay: 60_000 };

/** The queue of events for another process. */
export const relayName = (service: string): string => `relay.${service}`;

/** What `@Durable` says of a handler; nearest class first. */
export const durabilityOfHandler = ({ type, declaration }: CheckedHandler): DurableDeclaration | undefined => {
  if (declaration.on === 'method') return durabilityOfMethod(type as MessageType, declaration.method);
  return lineage(type as MessageType)
    .map(durabilityOf)
    .find(found => found !== undefined);
};

/** What to do where a command has no queue, or no known handler. */
export const withoutQueue = (type: MessageType, isHandled: boolean): string =>
  isHandled
    ? 'Its class was loaded after the application had started, so it has no queue: import its file before.'
    : `Provide its handler here; or, if another process handles it, say so: durable: { elsewhere: [${nameOf(type)}] }.`;

/** Which commands of an application may be stored. */
export class DurableCommandTypes {
  private handled = new Set<MessageType>();

  constructor(
    private readonly elsewhere: readonly (MessageType | string)[],
    private readonly isRouted: (type: MessageType) => boolean,
  ) {}

  /** @param handlers all of the application */
  of(handlers: readonly CheckedHandler[]): QueueOfCommand[] {
    this.handled = new Set(handlers.flatMap(({ types, declaration }) => (declaration.kind === 'command' ? types : [])));
    const types = [...new Set(durableClasses())];
    return types.flatMap(type => {
      const isHandledHere = this.meetsHandler(type) || this.isRouted(type);
      if (!isHandledHere && !this.isElsewhere(type) && !this.hasSubclassElsewhere(type)) return [];
      const { options } = durabilityOf(type)!;
      const { name, aliases } = messageIdentity(type);
      return [{ type, name, aliases, options, isHandledHere }];
    });
  }

  /** Whether anything is known to handle exactly such commands. */
  isHandled(type: MessageType): boolean {
    return lineage(type).some(each => this.handled.has(each)) || this.isRouted(type) || this.isElsewhere(type);
  }

  /** A handler of the class, of an ancestor, or of a subclass: its commands wait in the same queue. */
  private meetsHandler(type: MessageType): boolean {
    const line = lineage(type);
    return [...this.handled].some(each => line.includes(each) || lineage(each).includes(type));
  }

  /** Its commands wait in the queue of this class. */
  private hasSubclassElsewhere(type: MessageType): boolean {
    return this.elsewhere.some(each => typeof each !== 'string' && lineage(each).includes(type));
  }

  /** The option `durable.elsewhere` names it. */
  isElsewhere(type: MessageType): boolean {
    return lineage(type).some(ancestor =>
      this.elsewhere.some(each =>
        typeof each === 'string' ? matches(each, messageIdentity(ancestor).name) : each === ancestor,
      ),
    );
  }
}
