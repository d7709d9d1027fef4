import * as fc from 'fast-check';
import type { MiddlewareFunction } from '../../../lib/index.js';
import type { WiringProblem } from '../../../lib/index.js';
import { order, type OrderedMiddleware } from '../../../lib/pipeline/order.js';

const named = (name: string): MiddlewareFunction =>
  Object.defineProperty<MiddlewareFunction>((message, next) => next(message), 'name', { value: name });
const [A, B, C, D] = ['A', 'B', 'C', 'D'].map(named) as [
  MiddlewareFunction,
  MiddlewareFunction,
  MiddlewareFunction,
  MiddlewareFunction,
];
const found = (reference: MiddlewareFunction, placement: OrderedMiddleware['placement'] = {}): OrderedMiddleware => ({
  reference,
  placement,
});

function ordered(listed: MiddlewareFunction[], placed: OrderedMiddleware[] = []) {
  const problems: WiringProblem[] = [];
  const names = order(listed, placed, problems).map(reference => (reference as MiddlewareFunction).name);
  return { names: names.join(''), problems };
}

describe('the order of middleware', () => {
  it('is that of the list, followed by what was found, as found', () => {
    expect(ordered([B, A], [found(D), found(C)])).toEqual({ names: 'BADC', problems: [] });
  });

  it('puts before and after where they say', () => {
    expect(ordered([A, B], [found(C, { before: [B] })]).names).toBe('ACB');
    expect(ordered([A, B], [found(C, { before: [A] })]).names).toBe('CAB');
    expect(ordered([], [found(A, { after: [B] }), found(B)]).names).toBe('BA');
    expect(ordered([A], [found(C, { after: [D] }), found(D, { before: [A] })]).names).toBe('DAC');
  });

  it('names each middleware once, however often it is listed and found', () => {
    expect(ordered([A, B, A], [found(A), found(B, { after: [A] })]).names).toBe('AB');
  });

  it('lets what is named but not present constrain nothing', () => {
    expect(ordered([A], [found(B, { before: [D], after: [C] })])).toEqual({ names: 'AB', problems: [] });
  });

  it('reports a cycle, names its members, and keeps every middleware', () => {
    const { names, problems } = ordered([A], [found(C, { before: [D] }), found(D, { before: [C] })]);
    expect(names.split('').toSorted().join('')).toBe('ACD');
    expect(problems).toEqual([expect.objectContaining({ code: 'CQRS_MIDDLEWARE_ORDER' })]);
    expect(problems[0]!.what).toContain('C, D');
    expect(problems[0]!.what).not.toContain('A');
  });

  it('reports what wants to lie outside itself, and what contradicts the list', () => {
    expect(ordered([], [found(A, { before: [A] })]).problems).toHaveLength(1);
    expect(ordered([A, B], [found(C, { before: [A], after: [B] })]).problems).toHaveLength(1);
  });

  it('keeps every promise of any placement that has no circle, and the order of the list', () => {
    const all = Array.from({ length: 8 }, (_, i) => named(String(i)));
    const subsetOf = fc.subarray(all);
    // Wishes that agree with the order of the numbers cannot contradict each other.
    const wishes = fc.array(fc.tuple(fc.nat(7), fc.nat(7)).filter(([a, b]) => a < b));
    fc.assert(
      fc.property(subsetOf, wishes, (listed, pairs) => {
        const rest = all.filter(one => !listed.includes(one)).toReversed();
        const placed = rest.map(reference => {
          const me = Number(reference.name);
          return found(reference, {
            before: pairs.filter(([a]) => a === me).map(([, b]) => all[b]!),
            after: pairs.filter(([, b]) => b === me).map(([a]) => all[a]!),
          });
        });
        const { names, problems } = ordered(listed, placed);
        expect(problems).toEqual([]);
        expect(names.split('').toSorted().join('')).toBe('01234567');
        expect(names.split('').filter(name => listed.some(one => one.name === name))).toEqual(
          listed.map(({ name }) => name),
        );
        // What two listed ones wish of each other was not said by anybody.
        const said = pairs.filter(([a, b]) => !listed.includes(all[a]!) || !listed.includes(all[b]!));
        expect(said.filter(([a, b]) => names.indexOf(String(a)) > names.indexOf(String(b)))).toEqual([]);
      }),
    );
  });
});
