import {
  CommandBus,
  Middleware,
  UseMiddleware,
  type CqrsMiddleware,
  type MiddlewareFunction,
  type Next,
} from 'nestjs-cqrs';

class NoMiddleware {
  handle() {}
}

export const bus = new CommandBus({
  middleware: [
    // @ts-expect-error: a class without intercept
    NoMiddleware,
    // @ts-expect-error: an object without intercept
    { handle: () => undefined },
    // @ts-expect-error: a text
    'audit',
  ],
});

export class WrongSignature implements CqrsMiddleware {
  // @ts-expect-error: next is a function
  intercept(_message: object, next: string) {
    return next;
  }
}
// @ts-expect-error: without intercept
export class Empty implements CqrsMiddleware {}

// @ts-expect-error: next() wants a message
export const forgetful: MiddlewareFunction = (_message, next) => next();

// @ts-expect-error: a message is an object
export const wrong: MiddlewareFunction = (_message, next: Next) => next(42);

// @ts-expect-error: no such kind
@Middleware({ on: ['commands'] })
export class OnNothing implements CqrsMiddleware {
  intercept(message: object, next: Next) {
    return next(message);
  }
}

// @ts-expect-error: no middleware
@UseMiddleware(NoMiddleware)
export class Charge {}

export class Charges {
  // @ts-expect-error: not on a property
  @UseMiddleware()
  property = 1;
}

export class Lossy implements CqrsMiddleware {
  // @ts-expect-error: the result of next() is lost
  intercept(message: object, next: Next) {
    void next(message);
  }
}

// @ts-expect-error: an object without intercept
export const use = new CommandBus({ middleware: [{ use() {} }] });
