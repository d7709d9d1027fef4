import { metadataKey, write } from '../messages/metadata.js';

const PARAMETER_TYPES = metadataKey<readonly unknown[]>('design:paramtypes');

/** As emitted decorator metadata. Unlike `@Inject`, a subclass with its own constructor does not inherit it. */
export const ConstructorTypes =
  (...types: unknown[]): ClassDecorator =>
  target =>
    write(PARAMETER_TYPES, types, target);
