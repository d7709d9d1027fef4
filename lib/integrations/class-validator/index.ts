import { getMetadataStorage, validate, type ValidationError, type ValidatorOptions } from 'class-validator';
import type { MessageType, MessageValidator, Violation } from '../../extension.js';

/**
 * Validates messages whose classes have decorators of class-validator: `validation: { with: [classValidator()] }`.
 * Values are validated as they are; class-transformer, or a schema, may have transformed them before.
 * @param options of class-validator; `whitelist` has no effect, for a validator does not change a message
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
  // An item of a list that is not an instance of a decorated class has no property name.
  const path = [outer, property as string | undefined].filter(Boolean).join('.');
  return [
    ...Object.values(constraints ?? {}).map(message => ({ path, message })),
    ...(children ?? []).flatMap(child => violationsOf(child, path)),
  ];
}
