import { MessageValidationException } from '../errors/message-validation.exception.js';
import { nameOf, prototypeOf, typeOfPrototype } from '../messages/inspect-message.js';
import type { MessageType } from '../messages/message.js';
import type { MessageValidator } from './message-validator.js';
import { PLACES, type MiddlewareFunction, type Next } from './middleware.js';
import { replacedByLeaving, runningAt } from './place.js';
import { reinstated } from './reinstate.js';
import { noFields, standardSchemaValidator } from './validate.decorator.js';

/**
 * Validates a message by its schema, then by each validator.
 * @param validators of other libraries, such as class-validator
 * @returns the message if no field has changed, else an instance made without its constructor
 * @throws (rejects) MessageValidationException with all violations of the first validator that finds one
 */
export async function validateMessage<T extends object>(
  message: T,
  validators: readonly MessageValidator[] = [],
): Promise<T> {
  return (await validated(message, [standardSchemaValidator, ...validators])).message as T;
}

/**
 * Validates every message with a schema or decorators. A message that leaves the process is checked and leaves
 * unchanged: the process that handles it applies the schema.
 */
export function validation(validators: readonly MessageValidator[] = []): MiddlewareFunction {
  const all = [standardSchemaValidator, ...validators];
  const byType = new WeakMap<MessageType, readonly MessageValidator[]>();
  const validatorsOf = (type: MessageType) => {
    const known = byType.get(type) ?? all.filter(validator => validator.validates(type));
    byType.set(type, known);
    return known;
  };
  const validate: MiddlewareFunction = function validation(message, next) {
    const known = validatorsOf(typeOfPrototype(prototypeOf(message)));
    if (known.length === 0) return next(message);
    return pass(message, next, known);
  };
  const check: MiddlewareFunction = async function validation(message, next) {
    await validated(message, validatorsOf(typeOfPrototype(prototypeOf(message))));
    return next(message);
  };
  const wraps = (type: MessageType) => validatorsOf(type).length > 0;
  return replacedByLeaving(runningAt(Object.assign(validate, { wraps }), ...PLACES), Object.assign(check, { wraps }));
}

async function pass(message: object, next: Next, validators: readonly MessageValidator[]): Promise<unknown> {
  const { message: valid } = await validated(message, validators);
  if (valid === message) return next(valid);
  try {
    return await next(valid);
  } catch (error) {
    throw explain(error, typeOfPrototype(prototypeOf(message)));
  }
}

export function validationFromOutside(validators?: readonly MessageValidator[]): MiddlewareFunction {
  const validate = validation(validators);
  const fromOutside: MiddlewareFunction = function validationFromOutside(message, next, context) {
    return context.fromOutside ? validate(message, next, context) : next(message);
  };
  return fromOutside;
}

/** Wrapped, since a promise calls a message's method `then`. */
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

function reinstate(message: object, value: unknown, type: MessageType): object {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return reinstated(message, value, type);
  throw noFields(type);
}

/** V8's errors for a missing `#field`. */
const NO_PRIVATE_FIELD =
  /private (member|field|method|element)|must be an instance of class|'#\w+' was defined without/;

/** Says in the error why a copy has no `#private` field. */
function explain(error: unknown, type: MessageType): unknown {
  if (error instanceof TypeError && NO_PRIVATE_FIELD.test(error.message) && !isExplained(error))
    Object.assign(error, {
      message: `${error.message} (The validation of "${nameOf(type)}" changed a field, and the copy that it made has no #private fields: let the schema change nothing, or use fields that are not #private.)`,
    });
  return error;
}

/** An inner dispatch may have explained it. */
const isExplained = (error: TypeError): boolean =>
  Object.isFrozen(error) || error.message.includes('(The validation of "');
