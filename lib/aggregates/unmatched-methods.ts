import { CqrsLogger } from '../dispatch/cqrs-logger.js';
import { lineage, nameOf } from '../messages/inspect-message.js';
import type { MessageType } from '../messages/message.js';

const logger = new CqrsLogger('AggregateRoot');

/** Until a method is found or a warning logged. */
interface Methods {
  readonly names: readonly string[];
  /** At most as many as methods, or two. */
  readonly unmatched: Set<MessageType>;
}

/** Undefined when nothing more can be said. */
const watched = new WeakMap<MessageType, Methods | undefined>();

/** The other methods may be for events to come. */
export function noteMatched(type: MessageType): void {
  if (!watched.has(type) || watched.get(type) !== undefined) watched.set(type, undefined);
}

/**
 * An event needs no method. Until one is found, warns once per class: if a name differs only by case or final `Event`,
 * if a minifier named the event, or after as many kinds of events as methods.
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

/** Not getters such as `onHold`. */
const isEventMethod = (prototype: object, name: string): boolean =>
  /^on[A-Z]/.test(name) && typeof Object.getOwnPropertyDescriptor(prototype, name)?.value === 'function';

const stem = (name: string): string => name.toLowerCase().replace(/event$/, '');
