import { declaredHandlers } from '../handlers/handler-declaration.js';
import { nameOf } from '../messages/inspect-message.js';
import type { MessageType } from '../messages/message.js';
import type { FoundHandler } from './provider-explorer.js';

/**
 * What a missing handler may be mistaken for: one on another bus, one that is declared but not provided, or that of
 * another class of the same name.
 * @returns a sentence that says what to do; undefined if nothing is near
 */
export function nearMiss(type: MessageType, handlers: readonly FoundHandler[]): string | undefined {
  const other = handlers.find(({ declaration }) => declaration.types.includes(type));
  if (other)
    return `${other.identity.name} handles it as a${other.declaration.kind === 'event' ? 'n' : ''} ${other.declaration.kind}: send it through the ${other.declaration.kind} bus.`;
  const [declared] = declaredHandlers(type);
  const namesake = handlers.find(({ declaration }) =>
    declaration.types.some(other => other !== type && nameOf(other) === nameOf(type)),
  );
  // A file that is loaded twice declares its handlers twice too: then the one that is provided says what happened.
  if (declared && nameOf(namesake?.type) !== nameOf(declared))
    return `${nameOf(declared)} is declared but not provided: list it among the providers of a module that the application imports.`;
  if (!namesake) return undefined;
  return `${namesake.identity.name} handles another class of the same name: is the package or file that declares it loaded twice?`;
}
