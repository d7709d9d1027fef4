import { declaredHandlers } from '../handlers/handler-declaration.js';
import { lineage } from '../messages/inspect-message.js';
import { Command, Event, Query, StreamQuery, type MessageKind, type MessageType } from '../messages/message.js';

const BASES: readonly (readonly [MessageType, MessageKind])[] = [
  [Command, 'command'],
  [Query, 'query'],
  [StreamQuery, 'query'],
  [Event, 'event'],
];

const KINDS: readonly MessageKind[] = ['command', 'query', 'event'];

/**
 * The kind of the messages of a class: that of the base class it extends, of the decorators that name it, or `event`
 * where a saga names it.
 * @param type class of the messages
 * @param sagaEvents classes of the events that sagas name
 * @returns undefined if nothing says it, or handlers of several kinds are declared
 */
export function kindOf(type: MessageType, sagaEvents: readonly MessageType[]): MessageKind | undefined {
  const line = lineage(type);
  const base = BASES.find(([ancestor]) => line.includes(ancestor));
  if (base !== undefined) return base[1];
  const declared = KINDS.filter(kind => line.some(ancestor => declaredHandlers(ancestor, kind).length > 0));
  if (declared.length > 0) return declared.length === 1 ? declared[0] : undefined;
  return line.some(ancestor => sagaEvents.includes(ancestor)) ? 'event' : undefined;
}
