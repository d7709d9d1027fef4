/** A module resolution hook of Node: whoever imports `nestjs-cqrs` gets `@nestjs/cqrs`. */
export const resolve = (specifier, context, next) =>
  next(specifier === 'nestjs-cqrs' ? '@nestjs/cqrs' : specifier, context);
