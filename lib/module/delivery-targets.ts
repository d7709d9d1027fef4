import { CommandBus } from '../buses/command-bus.js';
import type { Dispatcher } from '../dispatch/dispatcher.js';
import { RunCounter } from '../dispatch/run-counter.js';
import type { HandlerIdentity } from '../context/handler-identity.js';
import { lineage } from '../messages/inspect-message.js';
import type { MessageType } from '../messages/message.js';
import type { DeliveryTarget } from '../transport/durable/delivery-runner.js';
import type { DurableOptions } from '../transport/durable/durable.decorator.js';
import type { ApplicationBuses } from './application-buses.js';

/** Stored commands go through the command bus, as all others. */
export const commandTarget = (
  buses: ApplicationBuses,
  type: MessageType,
  handler: HandlerIdentity,
  { retryIf }: DurableOptions,
): DeliveryTarget => ({
  kind: 'command',
  runs: deliveryCounter(type, handler),
  retryIf,
  deliver: (command, told) => buses.first(CommandBus)!.execute(command, told),
});

/** Stored events go to one handler. */
export const eventTarget = (
  dispatcher: Dispatcher,
  type: MessageType,
  handler: HandlerIdentity,
  { retryIf }: DurableOptions = {},
): DeliveryTarget => ({
  kind: 'event',
  runs: deliveryCounter(type, handler),
  retryIf,
  deliver: (event, told) => dispatcher.execute(event, told),
});

/** Named in the report at shutdown. */
export class RelayedEvent {}

const deliveries = new WeakSet<RunCounter>();

function deliveryCounter(type: MessageType, handler: HandlerIdentity): RunCounter {
  const runs = new RunCounter(type, handler);
  deliveries.add(runs);
  return runs;
}

/**
 * A delivery is counted beside the dispatch within it, which names the handler better.
 * @returns one counter for each unfinished run: that of the delivery where its dispatch is not among them
 */
export function withoutDoubles(left: readonly RunCounter[]): RunCounter[] {
  const dispatches = left.filter(runs => !deliveries.has(runs));
  const unmatched = [...dispatches];
  const alone = left.filter(delivery => {
    if (!deliveries.has(delivery)) return false;
    const own = unmatched.findIndex(runs => isWithin(runs, delivery));
    if (own >= 0) unmatched.splice(own, 1);
    return own < 0;
  });
  return [...dispatches, ...alone];
}

/** A queue holds commands of subclasses too; an event handler may have several classes. */
const isWithin = (runs: RunCounter, delivery: RunCounter): boolean =>
  runs.handler.name === delivery.handler.name ||
  (runs.type !== undefined && lineage(runs.type).includes(delivery.type!));
