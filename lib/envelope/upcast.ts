import { EnvelopeException } from '../errors/envelope.exception.js';
import { MessageVersionException } from '../errors/message-version.exception.js';
import type { MessageType } from '../messages/message.js';
import type { MessageMeta } from './message-meta.js';
import { isDeclaredMessage, messageIdentity } from './message.decorator.js';
import { upcasterFrom } from './upcast.decorator.js';

/**
 * Without `@Message` a class has no version: fields pass unchanged.
 * @throws MessageVersionException for a future version or missing step; EnvelopeException if a step fails
 */
export function upcast(received: unknown, type: MessageType, version: number, meta: MessageMeta): unknown {
  if (!isDeclaredMessage(type)) return received;
  const { name, version: current } = messageIdentity(type);
  if (version > current) throw MessageVersionException.fromTheFuture(name, version, current);
  let payload = received;
  for (let step = version; step < current; step++) {
    const upcaster = upcasterFrom(type, step);
    if (!upcaster) throw MessageVersionException.withoutUpcaster(name, version, current, step);
    try {
      payload = upcaster(payload, meta);
    } catch (error) {
      if (error instanceof EnvelopeException) throw error;
      throw EnvelopeException.malformed(`@Upcast(${step}) of "${name}" failed on these fields.`, 'payload', error);
    }
  }
  return payload;
}
