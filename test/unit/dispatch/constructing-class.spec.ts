import { constructingClass } from '../../../lib/dispatch/constructing-class.js';

class Inner {
  readonly seen = constructingClass();
}
class Outer {
  readonly seen = new Inner().seen;
}

const own = Object.getOwnPropertyDescriptors(Error);
const restored = ['prepareStackTrace', 'stackTraceLimit'] as const;

afterEach(() => {
  for (const name of restored) {
    Reflect.deleteProperty(Error, name);
    if (own[name] !== undefined) Object.defineProperty(Error, name, own[name]);
  }
});

describe('The class under construction', () => {
  it('is the outermost one of the stack; a function has none', () => {
    expect(new Outer().seen).toBe('Outer');
    expect(new Inner().seen).toBe('Inner');
    expect((() => constructingClass())()).toBeUndefined();
  });

  it('leaves the formatter of stacks as it was', () => {
    const format = () => 'formatted';
    Error.prepareStackTrace = format;
    expect(new Outer().seen).toBe('Outer');
    expect(Error.prepareStackTrace).toBe(format);
  });

  it('is unknown where errors have no stack', () => {
    Reflect.deleteProperty(Error, 'stackTraceLimit');
    expect(new Outer().seen).toBeUndefined();
  });

  it('is unknown where the formatter of stacks cannot be replaced', () => {
    Object.defineProperty(Error, 'prepareStackTrace', { value: undefined, writable: false, configurable: true });
    expect(new Outer().seen).toBeUndefined();
  });
});
