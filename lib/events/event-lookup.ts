import type { EventHandlerRegistry } from '../handlers/event-handler-registry.js';
import type { HandlerInvoker } from '../handlers/handler-invoker.js';
import { lineage } from '../messages/inspect-message.js';
import type { MessageType } from '../messages/message.js';
import { CqrsLogger } from '../dispatch/cqrs-logger.js';
import type { EventIdProvider } from '../buses/publishers.js';

const logger = new CqrsLogger('EventBus');

/** Checks a type before its first event; throws to refuse its events. */
export type AdmitEvents = (type: MessageType, isHandled: boolean) => void;

/** Each once; with an id provider also of types with the same identifier. */
export function eventHandlersOf(
  type: MessageType,
  registry: EventHandlerRegistry,
  ids: EventIdProvider | undefined,
): HandlerInvoker[] {
  const id = ids?.getEventId(type);
  const namesakes = id
    ? [...registry].flatMap(([other, handlers]) => (ids!.getEventId(other) === id ? handlers : []))
    : [];
  return [...new Set([...[...lineage(type), Object].flatMap(ancestor => registry.get(ancestor)), ...namesakes])];
}

export const warnUnheard = (): void =>
  logger.warn(
    'A plain object was published: it reaches no handler, since handlers are found by the class of an event. Publish an instance: new UserCreated(…).',
  );
