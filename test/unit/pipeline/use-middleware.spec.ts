import { InvalidMiddlewareException, Timeout, UseMiddleware, type MiddlewareFunction } from '../../../lib/index.js';

const passing: MiddlewareFunction = (message, next) => next(message);

describe('A static method', () => {
  it.each<[string, MethodDecorator]>([
    ['@UseMiddleware', UseMiddleware(passing)],
    ['@Timeout', Timeout(10)],
  ])('is refused by %s at once, by its name and with the fix', (_, decorate) => {
    class Handlers {}
    const decorated = () => decorate(Handlers, 'execute', {});
    expect(decorated).toThrow(InvalidMiddlewareException);
    expect(decorated).toThrow(
      /^@UseMiddleware and @Timeout cannot wrap a static method: no instance of a provider runs it\. Where: Handlers\.execute\. Take static away\./,
    );
  });
});
