import { getMetadataStorage, validate, type ValidationError, type ValidatorOptions } from 'class-validator';
import type { MessageType, MessageValidator, Violation } from '../../extension.js';

/**
 * `validation: { with: [classValidator()] }` validates decorated messages; it does not transform values.
 * @param options `whitelist` has no effect: a validator changes no message
 */
export function classValidator(options: ValidatorOptions = {}): MessageValidator {
  return {
    validates: isDecorated,
    async validate(message) {
      const errors = await validate(message, { ...options, whitelist: options.forbidNonWhitelisted === true });
      return errors.length === 0 ? { value: message } : { violations: errors.flatMap(error => violationsOf(error)) };
    },
  };
}

const isDecorated = (type: MessageType): boolean =>
  getMetadataStorage().getTargetValidationMetadatas(type, '', false, false).length > 0;

function violationsOf({ property, constraints, children }: ValidationError, outer = ''): Violation[] {
  // An undecorated list item has no property name.
  const path = [outer, property as string | undefined].filter(Boolean).join('.');
  return [
    ...Object.values(constraints ?? {}).map(message => ({ path, message })),
    ...(children ?? []).flatMap(child => violationsOf(child, path)),
  ];
}
