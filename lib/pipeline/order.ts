import type { WiringProblem } from '../errors/wiring.exception.js';
import { middlewareName, type MiddlewareReference } from './middleware.js';
import type { MiddlewarePlacement } from './middleware.decorator.js';

/** The middleware around a handler, outermost first: as the pipeline runs it, and as the wiring shows it. */
export const around = <T>(ofBus: readonly T[], ofType: readonly T[], ofHandler: readonly T[]): T[] => [
  ...ofBus,
  ...ofType,
  ...ofHandler,
];

/** A middleware that was found in a module, with what `@Middleware()` says of its order. */
export interface OrderedMiddleware {
  readonly reference: MiddlewareReference;
  readonly placement: MiddlewarePlacement;
}

/**
 * Listed middleware first, in order, unless `before` and `after` say otherwise; these ignore absent names.
 * @param problems receives unsatisfiable orders
 */
export function order(
  listed: readonly MiddlewareReference[],
  found: readonly OrderedMiddleware[],
  problems: WiringProblem[],
): MiddlewareReference[] {
  const placements = new Map(found.map(({ reference, placement }) => [reference, placement]));
  const waiting = [...new Set([...listed, ...placements.keys()])];
  const outer = new Map(waiting.map(reference => [reference, new Set<MiddlewareReference>()]));
  const unique = [...new Set(listed)];
  unique.forEach((reference, i) => i > 0 && outer.get(reference)!.add(unique[i - 1]!));
  for (const [reference, { before = [], after = [] }] of placements) {
    for (const inner of before) outer.get(inner)?.add(reference);
    for (const outside of after) if (outer.has(outside)) outer.get(reference)!.add(outside);
  }
  const ordered: MiddlewareReference[] = [];
  while (waiting.length > 0) {
    const free = waiting.findIndex(reference => waiting.every(other => !outer.get(reference)!.has(other)));
    if (free < 0) {
      problems.push(cycle(waiting));
      return [...ordered, ...waiting];
    }
    ordered.push(...waiting.splice(free, 1));
  }
  return ordered;
}

const cycle = (rest: readonly MiddlewareReference[]): WiringProblem => ({
  code: 'CQRS_MIDDLEWARE_ORDER',
  what: `The order of these middleware cannot be satisfied: ${rest.map(middlewareName).join(', ')}.`,
  remedy: 'Take away one of their before or after in @Middleware(), or reorder the middleware option.',
});
