import { CommandBus } from '../buses/command-bus.js';
import type { Dispatcher } from '../dispatch/dispatcher.js';
import { RunCounter } from '../dispatch/run-counter.js';
import type { HandlerIdentity } from '../context/handler-identity.js';
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
  runs: new RunCounter(type, handler),
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
  runs: new RunCounter(type, handler),
  retryIf,
  deliver: (event, told) => dispatcher.execute(event, told),
});

/** Named in the report at shutdown. */
export class RelayedEvent {}
