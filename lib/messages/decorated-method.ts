import { InvalidHandlerException } from '../errors/invalid-handler.exception.js';
import { nameOf } from './inspect-message.js';
import type { MessageType } from './message.js';

/**
 * @param decorator as `@CommandHandler`
 * @throws InvalidHandlerException on a static method, and by standard decorators
 */
export function classOfMethod(decorator: string, target: object, method: string | symbol): MessageType {
  refuseStandardDecorators(decorator, target, method);
  if (typeof target !== 'function') return target.constructor as MessageType;
  throw new InvalidHandlerException(
    `${decorator} is on a static method, which no provider runs.`,
    `${nameOf(target)}.${String(method)}`,
    'Take static away.',
  );
}

/**
 * Standard decorators are given an object in place of the name of a method, also for a class.
 * @throws InvalidHandlerException
 */
export function refuseStandardDecorators(decorator: string, target: unknown, given: unknown): void {
  if (typeof given !== 'object' || given === null) return;
  const { name } = given as { readonly name?: unknown };
  throw new InvalidHandlerException(
    `${decorator} is called as a standard decorator of JavaScript, which Nest and this package cannot use.`,
    typeof name === 'string' ? name : nameOf(target as object),
    'Set "experimentalDecorators": true in the tsconfig.json that the compiler reads.',
  );
}
