import { CqrsLogger } from '../dispatch/cqrs-logger.js';
import { lineage, nameOf } from '../messages/inspect-message.js';
import type { MessageType } from '../messages/message.js';

const logger = new CqrsLogger('AggregateRoot');

/** The `on…` methods of one class of aggregates, until one was found for an event or something was said. */
interface Methods {
  readonly names: readonly string[];
  /** Classes of events that had no method; never more than there are methods, or two. */
  readonly unmatched: Set<MessageType>;
}

/** Undefined where there is nothing to say any more. */
const watched = new WeakMap<MessageType, Methods | undefined>();

/** Remembers that a method of an aggregate was found: the others may be for events to come. */
export function noteMatched(type: MessageType): void {
  if (!watched.has(type) || watched.get(type) !== undefined) watched.set(type, undefined);
}

/**
 * Looks at an event that has no method in its aggregate, which it need not have. As long as no method has been found for
 * any, this is said once for each class: a method differs from the name of the event in no more than case or `Event` at its
 * end; the name of the event is one that a minifier gives; or as many kinds of events were applied as there are methods.
 * @param type class of the aggregate
 * @param event class of the event
 */
export function noteUnmatched(type: MessageType, event: MessageType): void {
  const methods = watched.has(type) ? watched.get(type) : watch(type);
  if (methods === undefined || methods.unmatched.has(event)) return;
  methods.unmatched.add(event);
  const { names, unmatched } = methods;
  const isNear = names.some(name => stem(name.slice(2)) === stem(nameOf(event)));
  if (!isNear && nameOf(event).length > 2 && unmatched.size < Math.max(2, names.length)) return;
  watched.set(type, undefined);
  logger.warn(
    `${nameOf(type)} has applied ${[...unmatched].map(nameOf).join(', ')}, and none of its methods ${names.join(', ')} was called: they are found by "on" and the name of the event class. Correct the names, or put @On(…) with the class on the methods, which works in minified code too.`,
  );
}

function watch(type: MessageType): Methods | undefined {
  const names = lineage(type).flatMap(({ prototype }) =>
    Object.getOwnPropertyNames(prototype).filter(name => isEventMethod(prototype as object, name)),
  );
  const methods = names.length === 0 ? undefined : { names: [...new Set(names)], unmatched: new Set<MessageType>() };
  watched.set(type, methods);
  return methods;
}

/** Getters such as `onHold` are no methods. */
const isEventMethod = (prototype: object, name: string): boolean =>
  /^on[A-Z]/.test(name) && typeof Object.getOwnPropertyDescriptor(prototype, name)?.value === 'function';

const stem = (name: string): string => name.toLowerCase().replace(/event$/, '');
