import { InvalidSagaException } from '../errors/wiring.exception.js';
import { SAGA_METADATA } from '../handlers/metadata-keys.js';
import { lineage, nameOf } from '../messages/inspect-message.js';
import { refuseStandardDecorators } from '../messages/decorated-method.js';
import { mark, saidByOtherCopy } from '../messages/copies.js';
import type { DeclaredMessage, MessageType, Served } from '../messages/message.js';
import { append, metadataKey, readOwn, write } from '../messages/metadata.js';
import type { PlainSagaFunction, StreamSagaFunction } from './saga.js';

interface Declared {
  readonly method: string | symbol;
  /** Unchecked: a circular import leaves `undefined`. Left out: the saga wants the stream. */
  readonly events?: readonly unknown[];
}

/** With the class that carries the decorator, which a subclass inherits. */
export interface SagaDeclaration extends Declared {
  readonly declaredBy: object;
}

/** Decorates a method, whose type is checked, or a property with a function. */
export type SagaDecorator<TFunction> = <T extends TFunction>(
  target: object,
  key: string | symbol,
  descriptor?: TypedPropertyDescriptor<T>,
) => void;

/** Decorates a saga that is called with events. */
export type PlainSagaDecorator<C extends MessageType> = <T extends PlainSagaFunction<Served<C, DeclaredMessage<T>>>>(
  target: object,
  key: string | symbol,
  descriptor?: TypedPropertyDescriptor<T>,
) => void;

const DECLARATIONS = metadataKey<readonly Declared[]>(Symbol('cqrs:sagas'));
const NONE_NAMED: readonly (string | symbol)[] = [];
const COMPATIBLE = metadataKey<readonly (string | symbol)[]>(SAGA_METADATA);

/**
 * Makes a method, or a property that holds a function, a saga.
 *
 * `@Saga()` is given the stream of events and returns an Observable or async iterable of commands. `@Saga(UserCreated)`
 * is called with each event of the class and its subclasses; it returns a command, several, none, or a promise of them.
 * A failure is reported; the saga goes on.
 */
export function Saga(): SagaDecorator<StreamSagaFunction>;
export function Saga<T extends [MessageType, ...MessageType[]]>(...events: T): PlainSagaDecorator<T[number]>;
export function Saga(...events: unknown[]): SagaDecorator<never> {
  return (target, method) => {
    refuseStandardDecorators('@Saga', target, method);
    if (typeof target === 'function')
      throw new InvalidSagaException([
        {
          code: 'CQRS_INVALID_SAGA',
          what: '@Saga is on a static method, which no provider runs.',
          where: `${nameOf(target)}.${String(method)}`,
          remedy: 'Take static away.',
        },
      ]);
    const type = target.constructor as MessageType;
    const declared = events.length === 0 ? { method } : { method, events };
    append(DECLARATIONS, [declared], type);
    mark(type, '@Saga', declared);
    write(
      COMPATIBLE,
      sagaDeclarationsOf(type).map(declaration => declaration.method),
      type,
    );
  };
}

/** Of another copy of this package or of @nestjs/cqrs, whose sagas get the stream. */
function sagasOfAnotherCopy(declaredBy: object): readonly Declared[] {
  const said = saidByOtherCopy(declaredBy, '@Saga') as Declared[];
  return said.length > 0 ? said : (readOwn(COMPATIBLE, declaredBy) ?? NONE_NAMED).map(method => ({ method }));
}

export const sagaDeclarationsOf = (type: MessageType): SagaDeclaration[] => sagaDeclarationsIn(lineage(type));

/** The nearest declaration wins. */
export function sagaDeclarationsIn(line: readonly MessageType[]): SagaDeclaration[] {
  const found: SagaDeclaration[] = [];
  for (const declaredBy of line)
    for (const declared of readOwn(DECLARATIONS, declaredBy) ?? sagasOfAnotherCopy(declaredBy))
      if (!found.some(({ method }) => method === declared.method)) found.push({ ...declared, declaredBy });
  return found;
}
