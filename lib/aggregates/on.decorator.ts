import { InvalidHandlerException } from '../errors/invalid-handler.exception.js';
import { describeValue } from '../errors/describe-value.js';
import { mark, saidByOtherCopy } from '../messages/copies.js';
import { refuseStandardDecorators } from '../messages/decorated-method.js';
import { lineage, nameOf } from '../messages/inspect-message.js';
import type { DeclaredMessage, MessageType, Served } from '../messages/message.js';
import { append, metadataKey, readOwn } from '../messages/metadata.js';

type MethodName = string | symbol;

/** Decorates a method that takes one of the events. */
export type OnDecorator<C extends MessageType> = <T extends (event: Served<C, DeclaredMessage<T>>) => unknown>(
  target: object,
  method: string | symbol,
  descriptor: TypedPropertyDescriptor<T>,
) => void;

const HANDLED = metadataKey<readonly (readonly [MessageType, MethodName])[]>(Symbol('cqrs:on'));
const handled = new WeakMap<object, ReadonlyMap<MessageType, MethodName>>();

/**
 * Makes a method what `apply` calls for an event and its subclasses. It wins over `onUserCreated` and survives
 * minifiers.
 * @throws InvalidHandlerException if an event is not a class, as in a circular import, or has another method
 */
export const On =
  <T extends [MessageType, ...MessageType[]]>(...events: T): OnDecorator<T[number]> =>
  (target, method) => {
    refuseStandardDecorators('@On', target, method);
    const type = typeof target === 'function' ? target : target.constructor;
    const where = `${nameOf(type)}.${String(method)}`;
    if (type === target)
      throw new InvalidHandlerException(
        '@On is on a static method, which no aggregate has.',
        where,
        'Take static away.',
      );
    const present = new Map(readOwn(HANDLED, type));
    for (const event of events) {
      if (typeof event !== 'function')
        throw new InvalidHandlerException(
          `@On wants classes of events, not ${describeValue(event)}.`,
          where,
          'Check for a circular import between the file of the event and that of the aggregate.',
        );
      if (present.has(event))
        throw new InvalidHandlerException(
          `${nameOf(event)} is given to ${String(present.get(event))} already.`,
          where,
          'Give each event to one method.',
        );
    }
    const declared = events.map(event => [event, method] as const);
    mark(type, '@On', declared);
    append(HANDLED, declared, type);
  };

/** Also from another copy of this package. */
const declaredOn = (type: object): readonly (readonly [MessageType, MethodName])[] =>
  readOwn(HANDLED, type) ?? (saidByOtherCopy(type, '@On') as (readonly [MessageType, MethodName])[][]).flat();

export function methodFor(event: MessageType, aggregate: MessageType): MethodName | undefined {
  let methods = handled.get(aggregate);
  if (!methods) {
    const found = lineage(aggregate).toReversed();
    handled.set(aggregate, (methods = new Map(found.flatMap(declaredOn))));
  }
  return methods.get(event);
}
