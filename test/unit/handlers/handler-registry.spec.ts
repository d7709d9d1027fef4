import { jest } from '@jest/globals';
import * as fc from 'fast-check';
import {
  HandlerAlreadyRegisteredException,
  HandlerNotFoundException,
  HandlerRegistry,
  InvalidHandlerException,
  type Disposer,
  type HandlerFunction,
} from '../../../lib/index.js';

class Create {}
class Rename extends Create {}

/** What a function returns or throws. */
function attempt<T>(run: () => T): T | unknown {
  try {
    return run();
  } catch (error) {
    return error;
  }
}

describe('HandlerRegistry', () => {
  let registry: HandlerRegistry;
  beforeEach(() => {
    registry = new HandlerRegistry();
  });

  it('gives the handler of a type, and only of exactly that type', () => {
    const handler = () => 'created';
    registry.register(Create, handler);
    expect(registry.get(Create)).toBe(handler);
    expect(registry.has(Create)).toBe(true);
    expect(registry.has(Rename)).toBe(false);
    expect(registry.find(Rename)).toBeUndefined();
    expect(registry.size).toBe(1);
  });

  it('throws for a type it does not know', () => {
    expect(() => registry.get(Create)).toThrow(HandlerNotFoundException);
    expect(() => registry.get(Create)).toThrow(/"Create"/);
  });

  it('throws for a second handler of a type, names both, and keeps the first', () => {
    const first = function first() {};
    registry.register(Create, first);
    expect(() => registry.register(Create, function second() {})).toThrow(HandlerAlreadyRegisteredException);
    expect(() => registry.register(Create, function second() {})).toThrow(/first; second was refused/);
    expect(() => registry.register(Create, first)).toThrow(HandlerAlreadyRegisteredException);
    expect(registry.get(Create)).toBe(first);
  });

  it('takes a subclass beside its base', () => {
    registry.register(Create, () => 'base');
    registry.register(Rename, () => 'sub');
    expect([...registry].map(([type]) => type)).toEqual([Create, Rename]);
  });

  it('forgets a handler when its disposer is called, once', () => {
    const dispose = registry.register(Create, () => 1);
    dispose();
    expect(registry.has(Create)).toBe(false);
    const second = () => 2;
    registry.register(Create, second);
    dispose();
    expect(registry.get(Create)).toBe(second);
  });

  it('takes new handlers at once after clear(), which older disposers do not touch', () => {
    const handler = () => 1;
    const dispose = registry.register(Create, handler);
    registry.clear();
    expect(registry.size).toBe(0);
    registry.register(Create, handler);
    dispose();
    expect(registry.get(Create)).toBe(handler);
  });

  it('tells observers of every change', () => {
    const observer = jest.fn();
    registry.onChange(observer);
    const dispose = registry.register(Create, () => 1);
    expect(observer).toHaveBeenCalledTimes(1);
    dispose();
    dispose();
    expect(observer).toHaveBeenCalledTimes(2);
    registry.clear();
    expect(observer).toHaveBeenCalledTimes(3);
  });

  it('names functions in texts, and says what an anonymous one is for', () => {
    registry.register(Create, function createIt() {});
    registry.register(
      Rename,
      (
        () => () =>
          1
      )(),
    );
    expect(registry.find(Create)!.identity.name).toBe('createIt');
    expect(registry.find(Rename)!.identity.name).toBe('function for Rename');
  });

  it('offers what was registered in the form of buses as a function too', async () => {
    const invoke = jest.fn((message: object) => message);
    registry.registerInvoker(Create, { identity: { name: 'x' }, usesContext: false, middleware: [], invoke });
    const message = new Create();
    expect(registry.get(Create)(message, undefined as never)).toBe(message);
  });

  it.each<[string, unknown]>([
    ['undefined', undefined],
    ['null', null],
    ['a number', 42],
    ['an instance', new Create()],
    ['an arrow function', () => undefined],
  ])('refuses %s in place of a class', (_, type) => {
    expect(() => registry.register(type as typeof Create, () => 1)).toThrow(InvalidHandlerException);
    expect(registry.size).toBe(0);
  });

  it('asks about a circular import where a class is undefined', () => {
    expect(() => registry.register(undefined as unknown as typeof Create, () => 1)).toThrow(/circular import\?/);
  });

  it.each<[string, unknown]>([
    ['undefined', undefined],
    ['null', null],
    ['an object', { execute: () => 1 }],
  ])('refuses %s in place of a handler', (_, handler) => {
    expect(() => registry.register(Create, handler as HandlerFunction)).toThrow(InvalidHandlerException);
    expect(registry.has(Create)).toBe(false);
  });

  it('agrees with a map after any sequence of registering, disposing and clearing', () => {
    const types = Array.from({ length: 4 }, () => class {});
    type Step = { do: 'register' | 'dispose'; n: number } | { do: 'clear' };
    const step: fc.Arbitrary<Step> = fc.oneof(
      { weight: 6, arbitrary: fc.record({ do: fc.constant('register' as const), n: fc.nat(3) }) },
      { weight: 4, arbitrary: fc.record({ do: fc.constant('dispose' as const), n: fc.nat(20) }) },
      { weight: 1, arbitrary: fc.record({ do: fc.constant('clear' as const) }) },
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), steps => {
        const real = new HandlerRegistry();
        const model = new Map<object, HandlerFunction>();
        const disposers: { dispose: Disposer; type: object; handler: HandlerFunction }[] = [];
        const refusals: [boolean, boolean][] = [];
        for (const each of steps) {
          if (each.do === 'clear') {
            real.clear();
            model.clear();
          } else if (each.do === 'register') {
            const type = types[each.n]!;
            const handler: HandlerFunction = () => each;
            const registered = attempt(() => real.register(type, handler));
            refusals.push([registered instanceof HandlerAlreadyRegisteredException, model.has(type)]);
            if (typeof registered === 'function') {
              disposers.push({ dispose: registered as Disposer, type, handler });
              model.set(type, handler);
            }
          } else if (disposers.length > 0) {
            const { dispose, type, handler } = disposers[each.n % disposers.length]!;
            dispose();
            if (model.get(type) === handler) model.delete(type);
          }
          expect([...real]).toEqual([...model]);
          expect(real.size).toBe(model.size);
          expect(types.map(type => real.has(type))).toEqual(types.map(type => model.has(type)));
        }
        expect(refusals.filter(([refused, due]) => refused !== due)).toEqual([]);
      }),
    );
  });
});
