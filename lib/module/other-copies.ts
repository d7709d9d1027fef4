import type { Problem } from '../errors/cqrs.exception.js';
import { placeOfThisCopy, unheardDecorators } from '../messages/copies.js';
import { lineage, nameOf } from '../messages/inspect-message.js';
import type { MessageType } from '../messages/message.js';

/**
 * Finds decorators that another copy of this package left on classes of an application. Handlers and sagas are found
 * whichever copy decorated them; what else a decorator asks for, only its own copy could do.
 * @param types classes of messages and providers
 */
export function otherCopyProblems(types: Iterable<object>): Problem[] {
  const seen = new Set<object>();
  for (const type of types) for (const ancestor of lineage(type as MessageType)) seen.add(ancestor);
  return [...seen].flatMap(type =>
    unheardDecorators(type).map(({ decorator, place }) => unheard(type, decorator, place)),
  );
}

const unheard = (type: object, decorator: string, place: string): Problem => ({
  code: 'CQRS_OTHER_COPY',
  what: `${decorator} on ${nameOf(type)} comes from another copy of nestjs-cqrs, and this one cannot honour it.`,
  where: `this copy: ${placeOfThisCopy()}; the other: ${place}`,
  remedy: 'Let everything import one copy: install one version, and bundle the package once or not at all.',
});
