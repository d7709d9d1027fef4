import { metadataKey, write } from '../messages/metadata.js';

const PARAMETER_TYPES = metadataKey<readonly unknown[]>('design:paramtypes');

/**
 * Tells Nest the classes of the constructor parameters, as the compiler does where it emits decorator metadata.
 * A subclass with a constructor of its own does not inherit them, as it would inherit `@Inject`.
 */
export const ConstructorTypes =
  (...types: unknown[]): ClassDecorator =>
  target =>
    write(PARAMETER_TYPES, types, target);
