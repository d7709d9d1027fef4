import { MessageValidationException } from '../errors/message-validation.exception.js';
import { nameOf, prototypeOf, typeOfPrototype } from '../messages/inspect-message.js';
import type { MessageType } from '../messages/message.js';
import type { MessageValidator } from './message-validator.js';
import type { MiddlewareFunction } from './middleware.js';
import { noFields, standardSchemaValidator } from './validate.decorator.js';

/**
 * Validates a message by its schema, and by the validators given, one after another.
 * @param message an instance of a class
 * @param validators those of other libraries, such as class-validator
 * @returns the message itself if nobody has changed a field, else an instance of the same class with the fields that
 *   the validators return; its constructor does not run
 * @throws (rejects with) MessageValidationException, which tells every violation of the first validator that finds one
 */
export async function validateMessage<T extends object>(
  message: T,
  validators: readonly MessageValidator[] = [],
): Promise<T> {
  return (await validated(message, [standardSchemaValidator, ...validators])).message as T;
}

/** Validates every message that passes; those of classes without schema or decorators pass at once. */
export function validation(validators: readonly MessageValidator[] = []): MiddlewareFunction {
  const all = [standardSchemaValidator, ...validators];
  const byType = new WeakMap<MessageType, readonly MessageValidator[]>();
  return function validation(message, next) {
    const type = typeOfPrototype(prototypeOf(message));
    const known = byType.get(type) ?? all.filter(validator => validator.validates(type));
    byType.set(type, known);
    if (known.length === 0) return next(message);
    const pass = async () => next((await validated(message, known)).message);
    return pass();
  };
}

/** The same for messages that come from outside of the process alone. */
export function validationFromOutside(validators?: readonly MessageValidator[]): MiddlewareFunction {
  const validate = validation(validators);
  return function validationFromOutside(message, next, context) {
    return context.fromOutside ? validate(message, next, context) : next(message);
  };
}

/** The message is put into an object: one that has a method `then` would be taken for a promise. */
async function validated(
  message: object,
  validators: readonly MessageValidator[],
): Promise<{ readonly message: object }> {
  const type = typeOfPrototype(prototypeOf(message));
  let valid = message;
  for (const validator of validators) {
    if (!validator.validates(type)) continue;
    const outcome = await validator.validate(valid, type);
    if ('violations' in outcome) throw new MessageValidationException(nameOf(type), outcome.violations);
    valid = reinstate(valid, outcome.value, type);
  }
  return { message: valid };
}

/** What a validator returns, as an instance of the class of the message. */
function reinstate(message: object, value: unknown, type: MessageType): object {
  if (value instanceof type) return value;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw noFields(type);
  if (haveSameFields(message, value)) return message;
  const instance = Object.create(type.prototype as object) as object;
  for (const [key, field] of Object.entries(value))
    Object.defineProperty(instance, key, { value: field, enumerable: true, configurable: true, writable: true });
  return Object.isFrozen(message) ? Object.freeze(instance) : instance;
}

function haveSameFields(message: object, value: object): boolean {
  const before = Object.entries(message).filter(([, field]) => field !== undefined);
  const after = Object.entries(value);
  return before.length === after.length && after.every(([key, field]) => Object.is(field, (message as Fields)[key]));
}

type Fields = Readonly<Record<string, unknown>>;
