import { runInThisContext } from 'node:vm';
import { jest } from '@jest/globals';
import { declaresParameter } from '../../../lib/pipeline/declares-parameter.js';

class Handlers {
  none() {}
  one(_message: object) {}
  two(_message: object, _context: object) {}
  async twoAsync(_message: object, _context: object) {}
  defaulted(_message: object, _context = {}) {}
  destructured({ id: _id }: { id?: number }, { signal: _signal }: { signal?: AbortSignal } = {}) {}
  firstDefaulted(_message = {}, _context = {}) {}
  oneDefaulted(_message = Math.max(1, 2)) {}
  oneDestructured({ a: _a, b: _b }: { a?: 1; b?: 2 } = {}) {}
  rest(..._all: object[]) {}
  restAfter(_message: object, ..._rest: object[]) {}
  restInside(_message: object) {
    return Math.max(...Object.values(_message));
  }
  nestedRest({ ...all }: object) {
    return all;
  }
  usesArguments() {
    return arguments;
  }
}
const handlers = Handlers.prototype;

describe('the check whether a handler declares the context', () => {
  it.each<[string, unknown]>([
    ['a method with two parameters', handlers.two],
    ['an async method with two parameters', handlers.twoAsync],
    ['a second parameter with a default', handlers.defaulted],
    ['a destructured second parameter with a default', handlers.destructured],
    ['two parameters with defaults', handlers.firstDefaulted],
    ['a rest parameter, as wrappers of decorators have', handlers.rest],
    ['a rest parameter after the message', handlers.restAfter],
    ['a method that reads arguments', handlers.usesArguments],
    ['an arrow function with two parameters', (a: object, b: object) => [a, b]],
    ['an async arrow function with rest', async (...all: object[]) => all],
    ['a bound function of two', handlers.two.bind(null)],
    ['what is not known to be a function yet', undefined],
  ])('yes: %s', (_, declared) => {
    expect(declaresParameter(declared, 2)).toBe(true);
  });

  it.each<[string, unknown]>([
    ['a method without parameters', handlers.none],
    ['a method with one', handlers.one],
    ['one parameter with a default that calls something', handlers.oneDefaulted],
    ['one destructured parameter', handlers.oneDestructured],
    ['one parameter whose rest is taken', handlers.nestedRest],
    ['rest used in the body alone', handlers.restInside],
    ['an arrow function with one parameter', (a: object) => a],
    ['an arrow function that spreads in its body', (a: number[]) => Math.max(...a)],
    ['an arrow function without parentheses', runInThisContext('a => Math.max(...a, 1)')],
    ['one parameter whose default is a text with odd parentheses', (a = '),(') => a],
    ['a mock, which takes anything', jest.fn()],
    ['a mock of a function with one', jest.fn((a: object) => a)],
  ])('no: %s', (_, declared) => {
    expect(declaresParameter(declared, 2)).toBe(false);
  });

  it('asks of a mock only what the mock declares', () => {
    expect(
      declaresParameter(
        jest.fn((a: object, b: object) => [a, b]),
        2,
      ),
    ).toBe(true);
  });

  it('looks at the third for middleware', () => {
    expect(declaresParameter((a: object, b: object) => [a, b], 3)).toBe(false);
    expect(declaresParameter((a: object, b: object, c: object) => [a, b, c], 3)).toBe(true);
    expect(declaresParameter((a: object, b: object, c = {}) => [a, b, c], 3)).toBe(true);
  });
});
