import { metadataKey, write } from '../messages/metadata.js';

const PARAMETER_TYPES = metadataKey<readonly unknown[]>('design:paramtypes');

/**
 * Gives Nest the parameter types that emitted decorator metadata would. Unlike `@Inject`, a subclass with its own
 * constructor does not inherit them.
 */
export const ConstructorTypes =
  (...types: unknown[]): ClassDecorator =>
  target =>
    write(PARAMETER_TYPES, types, target);
