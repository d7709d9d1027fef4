import {
  Middleware,
  UseMiddleware,
  type CqrsMiddleware,
  type MiddlewareReference,
  type Next,
} from '../../../lib/index.js';
import { InvalidMiddlewareException } from '../../../lib/index.js';
import { instantiateOnce } from '../../../lib/pipeline/instantiate.js';
import { middlewarePlacement } from '../../../lib/pipeline/middleware.decorator.js';
import { isMiddlewareReference, isMiddlewareType, middlewareName } from '../../../lib/pipeline/middleware.js';
import { usedMiddleware, usedOnMethod } from '../../../lib/pipeline/use-middleware.decorator.js';

const pass = (message: object, next: Next) => next(message);
class Timing implements CqrsMiddleware {
  intercept(message: object, next: Next) {
    return next(message);
  }
}
class WithProperty implements CqrsMiddleware {
  intercept = pass;
}
class WithDependency implements CqrsMiddleware {
  constructor(readonly log: string[]) {}
  intercept(message: object, next: Next) {
    return next(message);
  }
}
class NoMiddleware {}

describe('a middleware reference', () => {
  it('is a function, an object with intercept, or a class', () => {
    expect([pass, new Timing(), Timing, { intercept: pass }].map(isMiddlewareReference)).toEqual([
      true,
      true,
      true,
      true,
    ]);
    expect([undefined, null, 42, 'text', {}, { intercept: 1 }].map(isMiddlewareReference)).toEqual(
      Array.from({ length: 6 }, () => false),
    );
  });

  it('must be instantiated if it is a class, even if it inherits intercept', () => {
    expect([Timing, WithProperty].map(isMiddlewareType)).toEqual([true, true]);
    expect(
      [pass, new Timing(), function plain() {}].map(each => isMiddlewareType(each as MiddlewareReference)),
    ).toEqual([false, false, false]);
  });

  it('has a name for texts', () => {
    expect([pass, Timing, new Timing()].map(middlewareName)).toEqual(['pass', 'Timing', 'Timing']);
    expect(
      middlewareName(
        (
          () => () =>
            null
        )(),
      ),
    ).toBe('(anonymous middleware)');
  });
});

describe('middleware without a container', () => {
  it('are functions and instances as they are, and one instance of each class', () => {
    const ready = instantiateOnce();
    const instance = new WithDependency([]);
    expect(ready(pass)).toBe(pass);
    expect(ready(instance)).toBe(instance);
    expect(ready(Timing)).toBeInstanceOf(Timing);
    expect(ready(Timing)).toBe(ready(Timing));
    expect(ready(WithProperty)).toBeInstanceOf(WithProperty);
    expect(instantiateOnce()(Timing)).not.toBe(ready(Timing));
  });

  it('cannot be classes with constructor parameters, which the error says', () => {
    expect(() => instantiateOnce()(WithDependency)).toThrow(InvalidMiddlewareException);
    expect(() => instantiateOnce()(WithDependency)).toThrow(/WithDependency has constructor parameters/);
  });

  it('cannot be classes without intercept, which the error says', () => {
    expect(() => instantiateOnce()(NoMiddleware as unknown as MiddlewareReference)).toThrow(InvalidMiddlewareException);
    expect(() => instantiateOnce()(NoMiddleware as unknown as MiddlewareReference)).toThrow(
      /NoMiddleware has no method intercept/,
    );
  });

  it.each<[string, unknown]>([
    ['undefined (a circular import?)', undefined],
    ['object', null],
    ['number', 42],
    ['object', {}],
  ])('cannot be %s', (text, value) => {
    expect(() => instantiateOnce()(value as MiddlewareReference)).toThrow(text);
  });
});

describe('@UseMiddleware', () => {
  it('lists the topmost decorator first, each in its own order', () => {
    const [a, b, c] = [{ intercept: pass }, { intercept: pass }, { intercept: pass }];
    @UseMiddleware(a)
    @UseMiddleware(b, c)
    class Host {}
    expect(usedMiddleware(Host)).toEqual([a, b, c]);
    expect(usedMiddleware(Host)[0]).toBe(a);
  });

  it('stands on a method of one class alone', () => {
    class Host {
      @UseMiddleware(Timing)
      create() {}
      rename() {}
    }
    class Sub extends Host {
      override create() {}
    }
    expect(usedOnMethod(Host, 'create')).toEqual([Timing]);
    expect(usedOnMethod(Host, 'rename')).toEqual([]);
    expect(usedOnMethod(Sub, 'create')).toEqual([]);
    expect(usedMiddleware(Host)).toEqual([]);
  });
});

describe('@Middleware', () => {
  it('says where a middleware belongs, on exactly that class', () => {
    @Middleware({ on: ['command'], before: [Timing] })
    class Audit extends Timing {}
    class Sub extends Audit {}
    @Middleware()
    class Everywhere extends Timing {}
    expect(middlewarePlacement(Audit)).toEqual({ on: ['command'], before: [Timing] });
    expect(middlewarePlacement(Sub)).toBeUndefined();
    expect(middlewarePlacement(Everywhere)).toEqual({});
  });
});
