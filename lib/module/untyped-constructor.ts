import { InvalidMiddlewareException } from '../errors/invalid-middleware.exception.js';
import { nameOf } from '../messages/inspect-message.js';
import { readForeign } from '../messages/metadata.js';

/** Where TypeScript leaves the types of constructor parameters, and Nest's `@Inject` the tokens. */
const PARAMETER_TYPES = ['design:paramtypes', 'self:paramtypes'];

/** Whether a class has constructor parameters and nothing says what they are: Nest then gives it `undefined`. */
export const isUntyped = (type: object): boolean =>
  (type as { readonly length: number }).length > 0 &&
  PARAMETER_TYPES.every(key => readForeign(key, type) === undefined);

/** The error for a middleware of which that is true. */
export const untypedConstructor = (type: object): InvalidMiddlewareException =>
  new InvalidMiddlewareException(
    `The middleware ${nameOf(type)} has constructor parameters, and nothing says what they are: Nest would give it undefined.`,
    'Decorate it with @Injectable(), and compile with emitDecoratorMetadata.',
  );
