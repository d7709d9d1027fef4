import { jest } from '@jest/globals';
import * as fc from 'fast-check';
import {
  EventHandlerRegistry,
  InvalidHandlerException,
  type Disposer,
  type HandlerFunction,
} from '../../../lib/index.js';
import { FunctionInvoker, type HandlerInvoker } from '../../../lib/handlers/handler-invoker.js';

class Created {}
class Renamed extends Created {}

const named = (name: string): HandlerInvoker => new FunctionInvoker(() => undefined, { name });
const names = (invokers: readonly HandlerInvoker[]) => invokers.map(({ identity }) => identity.name);

describe('EventHandlerRegistry', () => {
  let registry: EventHandlerRegistry;
  beforeEach(() => {
    registry = new EventHandlerRegistry();
  });

  it('keeps any number of handlers a type, in the order of registration', () => {
    registry.register(Created, function one() {});
    registry.register(Created, function two() {});
    registry.register(Renamed, function three() {});
    expect(names(registry.get(Created))).toEqual(['one', 'two']);
    expect(names(registry.get(Renamed))).toEqual(['three']);
    expect(registry.size).toBe(2);
    expect([...registry].map(([type, handlers]) => [type, names(handlers)])).toEqual([
      [Created, ['one', 'two']],
      [Renamed, ['three']],
    ]);
  });

  it('knows no handlers of an unknown type', () => {
    expect(registry.get(Created)).toEqual([]);
    expect(registry.has(Created)).toBe(false);
  });

  it('counts the same function registered twice as two handlers, each with its own disposer', () => {
    const handler = () => undefined;
    const first = registry.register(Created, handler);
    registry.register(Created, handler);
    expect(registry.get(Created)).toHaveLength(2);
    first();
    first();
    expect(registry.get(Created)).toHaveLength(1);
  });

  it('hands out lists that do not change under the reader', () => {
    registry.register(Created, () => undefined);
    const before = registry.get(Created);
    registry.clear();
    expect(before).toHaveLength(1);
    expect(registry.size).toBe(0);
  });

  it('registers one handler for several types, and takes it back from all', () => {
    const invoker = named('both');
    const dispose = registry.registerInvoker([Created, Renamed], invoker);
    expect(registry.get(Created)).toEqual(registry.get(Renamed));
    dispose();
    expect([registry.has(Created), registry.has(Renamed), registry.size]).toEqual([false, false, 0]);
  });

  it('registers nothing if one of several types is not a class', () => {
    const types = [Created, undefined as unknown as typeof Created];
    expect(() => registry.registerInvoker(types, named('both'))).toThrow(InvalidHandlerException);
    expect(registry.size).toBe(0);
  });

  it('refuses a value that is not a function', () => {
    expect(() => registry.register(Created, null as unknown as HandlerFunction)).toThrow(InvalidHandlerException);
  });

  it('tells observers of every change', () => {
    const observer = jest.fn();
    registry.onChange(observer);
    registry.register(Created, () => undefined)();
    registry.clear();
    expect(observer).toHaveBeenCalledTimes(3);
  });

  it('agrees with a list after any sequence of registering, disposing and clearing', () => {
    const types = Array.from({ length: 3 }, () => class {});
    const step = fc.oneof(
      { weight: 6, arbitrary: fc.record({ do: fc.constant('register' as const), n: fc.nat(2) }) },
      { weight: 4, arbitrary: fc.record({ do: fc.constant('dispose' as const), n: fc.nat(20) }) },
      { weight: 1, arbitrary: fc.record({ do: fc.constant('clear' as const), n: fc.nat(0) }) },
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), steps => {
        const real = new EventHandlerRegistry();
        let model: { type: object; name: string }[] = [];
        const disposers: { dispose: Disposer; name: string }[] = [];
        for (const [i, each] of steps.entries()) {
          if (each.do === 'clear') {
            real.clear();
            model = [];
          } else if (each.do === 'register') {
            const [type, name] = [types[each.n]!, `handler ${i}`];
            disposers.push({ dispose: real.registerInvoker([type], named(name)), name });
            model.push({ type, name });
          } else if (disposers.length > 0) {
            const { dispose, name } = disposers[each.n % disposers.length]!;
            dispose();
            model = model.filter(entry => entry.name !== name);
          }
          for (const type of types) {
            const expected = model.filter(entry => entry.type === type).map(({ name }) => name);
            expect(names(real.get(type))).toEqual(expected);
            expect(real.has(type)).toBe(expected.length > 0);
          }
          expect(real.size).toBe(new Set(model.map(({ type }) => type)).size);
        }
      }),
    );
  });
});
