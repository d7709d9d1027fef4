import { declaredHandlers } from '../handlers/handler-declaration.js';
import { nameOf } from '../messages/inspect-message.js';
import type { MessageType } from '../messages/message.js';
import type { FoundHandler, ProviderExplorer } from './provider-explorer.js';

/**
 * What a missing handler may be mistaken for: one that is declared but not provided, or that of another class of
 * the same name.
 * @returns a sentence that says what to do; undefined if nothing is near
 */
export function nearMiss(
  type: MessageType,
  explorer: ProviderExplorer,
  handlers: readonly FoundHandler[],
): string | undefined {
  const [declared] = declaredHandlers(type);
  if (declared) {
    const home = explorer.mentionedBy(declared);
    const where = home ? `is declared in ${home} but not provided` : 'is declared but not provided';
    return `${nameOf(declared)} ${where}: list it among the providers of ${home ?? 'a module that the application imports'}.`;
  }
  const namesake = handlers.find(({ declaration }) =>
    declaration.types.some(other => other !== type && nameOf(other) === type.name),
  );
  if (!namesake) return undefined;
  return `${namesake.identity.name} handles another class of the same name: is the package or file that declares it loaded twice?`;
}
