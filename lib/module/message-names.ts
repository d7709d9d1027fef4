import { CqrsLogger } from '../dispatch/cqrs-logger.js';
import type { MessageCatalog } from '../envelope/message-catalog.js';
import { DuplicateMessageNameException } from '../errors/duplicate-message-name.exception.js';
import { isClass } from '../messages/inspect-message.js';
import type { MessageType } from '../messages/message.js';
import { namesNoClass } from './handler-checks.js';
import type { CompleteModuleOptions } from './module-options.js';
import type { FoundSaga } from './provider-explorer.js';
import type { KindOfProblem } from './wiring-exception.js';

const logger = new CqrsLogger('CqrsModule');

/** The saga checks report the rest. */
export const eventsOfSagas = (sagas: readonly FoundSaga[]): MessageType[] =>
  sagas.flatMap(({ declaration }) => declaration.events).filter(isClass);

/** @param types handled classes and events of sagas; subclasses count too */
export function catalogue(
  catalog: MessageCatalog,
  types: readonly MessageType[],
  { messages, duplicates, eventIdProvider }: CompleteModuleOptions,
  problems: KindOfProblem[],
): void {
  for (const type of messages)
    if (!isClass(type)) problems.push(namesNoClass('messages', 'CqrsModule.forRoot()', type));
  for (const type of [...messages.filter(isClass), ...types])
    try {
      catalog.register(type);
    } catch (error) {
      if (!(error instanceof DuplicateMessageNameException)) throw error;
      const { code, what, where, remedy, messageName } = error;
      const id = eventIdProvider?.getEventId(type);
      // Classes with one id from the eventIdProvider may share names.
      if (id && id === eventIdProvider?.getEventId(catalog.get(messageName))) continue;
      if (duplicates === 'warn') logger.warn(what);
      else problems.push({ code, what, remedy, ...(where !== undefined && { where }) });
    }
  for (const type of types) catalog.serve(type);
}
