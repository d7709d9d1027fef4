import type { EventHandlerRegistry } from '../handlers/event-handler-registry.js';
import type { HandlerInvoker } from '../handlers/handler-invoker.js';
import { lineage } from '../messages/inspect-message.js';
import type { MessageType } from '../messages/message.js';
import { CqrsLogger } from '../dispatch/cqrs-logger.js';
import type { EventIdProvider } from '../buses/publishers.js';

const logger = new CqrsLogger('EventBus');

/**
 * Looks at an event type before its first event is delivered; may refuse its events by throwing.
 * @param type class of the events
 * @param isHandled whether a handler gets them
 */
export type AdmitEvents = (type: MessageType, isHandled: boolean) => void;

/** The handlers of a type and of what it extends, each once; with an id provider also those of types with its identifier. */
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

/** Says that a plain object was published which nothing can hear: handlers and sagas find events by their class. */
export const warnUnheard = (): void =>
  logger.warn(
    'A plain object was published: it reaches no handler, since handlers are found by the class of an event. Publish an instance: new UserCreated(…).',
  );
