import { declaredHandlers } from '../handlers/handler-declaration.js';
import { lineage } from '../messages/inspect-message.js';
import {
  Command,
  Event,
  MESSAGE_KINDS,
  Query,
  StreamQuery,
  type MessageKind,
  type MessageType,
} from '../messages/message.js';

const BASES: readonly (readonly [MessageType, MessageKind])[] = [
  [Command, 'command'],
  [Query, 'query'],
  [StreamQuery, 'query'],
  [Event, 'event'],
];

/**
 * By base class, else decorators, else `event` if a saga names it.
 * @returns undefined if unknown or ambiguous
 */
export function kindOf(type: MessageType, sagaEvents: readonly MessageType[]): MessageKind | undefined {
  const line = lineage(type);
  const base = BASES.find(([ancestor]) => line.includes(ancestor));
  if (base !== undefined) return base[1];
  const declared = MESSAGE_KINDS.filter(kind => line.some(ancestor => declaredHandlers(ancestor, kind).length > 0));
  if (declared.length > 0) return declared.length === 1 ? declared[0] : undefined;
  return line.some(ancestor => sagaEvents.includes(ancestor)) ? 'event' : undefined;
}
