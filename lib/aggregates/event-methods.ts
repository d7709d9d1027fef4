import { isPromiseLike } from '../pipeline/settled.js';
import { messageIdentity } from '../envelope/message.decorator.js';
import { lineage, messageName, nameOf, prototypeOf, typeOfPrototype } from '../messages/inspect-message.js';
import { Event, type MessageType } from '../messages/message.js';
import { genuine } from '../pipeline/settled.js';
import { methodFor } from './on.decorator.js';
import { warn } from './publishing.js';
import { noteMatched, noteUnmatched } from './unmatched-methods.js';

export type EventMethod = (event: object) => unknown;

export const eventNameOf = (event: object): string => nameOf(typeOfPrototype(prototypeOf(event)));

/** `@On`, then `on` and the name, then `on` and the name of `@Message`; then the same per ancestor. */
export function eventMethodOf(aggregate: object, event: object, name: string): EventMethod | undefined {
  const type = typeOfPrototype(prototypeOf(event));
  const own = methodOf(aggregate, type, name);
  if (own) return own;
  for (const ancestor of lineage(type)) {
    const inherited =
      ancestor === type || ancestor === Event ? undefined : methodOf(aggregate, ancestor, ancestor.name);
    if (inherited) return inherited;
  }
  noteUnmatched(classOf(aggregate), type);
  return undefined;
}

/** Does not await an asynchronous method; its failure only warns. */
export function callEventMethod(aggregate: object, event: object, method: EventMethod | undefined): void {
  const result = method?.call(aggregate, event);
  if (!isPromiseLike(result)) return;
  const where = `${messageName(aggregate)}, on ${messageName(event)}`;
  void genuine(result).then(undefined, (error: unknown) =>
    warn(`An asynchronous event method failed: ${where}.`, error),
  );
}

function methodOf(aggregate: object, type: MessageType, name: string): EventMethod | undefined {
  const decorated = methodFor(type, classOf(aggregate));
  const method =
    decorated === undefined
      ? (functionAt(aggregate, `on${name}`) ?? functionAt(aggregate, `on${messageIdentity(type).name}`))
      : functionAt(aggregate, decorated);
  if (method !== undefined) noteMatched(classOf(aggregate));
  return method;
}

const functionAt = (aggregate: object, name: string | symbol): EventMethod | undefined => {
  const method: unknown = (aggregate as Record<string | symbol, unknown>)[name];
  return typeof method === 'function' ? (method as EventMethod) : undefined;
};

const classOf = (aggregate: object): MessageType => typeOfPrototype(Object.getPrototypeOf(aggregate) as object);
