import { InvalidMiddlewareException } from '../errors/invalid-middleware.exception.js';
import { nameOf } from '../messages/inspect-message.js';
import { readForeign } from '../messages/metadata.js';

/** TypeScript's parameter types, and the tokens of Nest's `@Inject`. */
const PARAMETER_TYPES = ['design:paramtypes', 'self:paramtypes'];

/** Nest would pass `undefined` to such a constructor. */
export const isUntyped = (type: object): boolean =>
  (type as { readonly length: number }).length > 0 &&
  PARAMETER_TYPES.every(key => readForeign(key, type) === undefined);

export const untypedConstructor = (type: object): InvalidMiddlewareException =>
  new InvalidMiddlewareException(
    `The middleware ${nameOf(type)} has constructor parameters, and nothing says what they are: Nest would give it undefined.`,
    'Decorate it with @Injectable(), and compile with emitDecoratorMetadata.',
  );
