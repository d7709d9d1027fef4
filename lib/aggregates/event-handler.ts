import { isPromiseLike } from '../buses/failures.js';
import { lineage, messageName, nameOf, prototypeOf, typeOfPrototype } from '../messages/inspect-message.js';
import { Event, type MessageType } from '../messages/message.js';
import { genuine } from '../pipeline/settled.js';
import { methodFor } from './on.decorator.js';
import { warn } from './publishing.js';

/** A method of an aggregate that takes an event. */
export type EventMethod = (event: object) => unknown;

/** The name of the class of an event. */
export const eventNameOf = (event: object): string => nameOf(typeOfPrototype(prototypeOf(event)));

/**
 * The method of an aggregate for an event: what `@On` says of its class, else `on` and its name; else the same for
 * what the class extends, from the nearest on.
 * @param name the name of the event itself
 */
export function eventMethodOf(aggregate: object, event: object, name: string): EventMethod | undefined {
  const type = typeOfPrototype(prototypeOf(event));
  const find = (ancestor: MessageType, called: string) => methodOf(aggregate, ancestor, called);
  const own = find(type, name);
  if (own) return own;
  for (const ancestor of lineage(type)) {
    const inherited = ancestor === type || ancestor === Event ? undefined : find(ancestor, ancestor.name);
    if (inherited) return inherited;
  }
  return undefined;
}

/** Calls the method for an event. An asynchronous one is nobody's to await; if it fails, that is said. */
export function callHandler(aggregate: object, event: object, method: EventMethod | undefined): void {
  const result = method?.call(aggregate, event);
  if (!isPromiseLike(result)) return;
  const where = `${messageName(aggregate)}, on ${messageName(event)}`;
  void genuine(result).then(undefined, (error: unknown) =>
    warn(`An asynchronous event method failed: ${where}.`, error),
  );
}

function methodOf(aggregate: object, type: MessageType, name: string): EventMethod | undefined {
  const decorated = methodFor(type, typeOfPrototype(Object.getPrototypeOf(aggregate) as object));
  const method: unknown = (aggregate as Record<string | symbol, unknown>)[decorated ?? `on${name}`];
  return typeof method === 'function' ? (method as EventMethod) : undefined;
}
