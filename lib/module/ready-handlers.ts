import { invokerOf, type ReadyHandler } from '../handlers/provider-handlers.js';
import type { ReadyMiddleware } from '../pipeline/middleware.js';
import type { UnitsOfWork } from '../units/units-of-work.js';
import type { ApplicationCaching } from './application-caching.js';
import type { ApplicationDurables } from './application-durables.js';
import type { MiddlewareOfBuses } from './bus-middleware.js';
import type { Enhancers } from './enhancers.js';
import type { CheckedHandler } from './handler-checks.js';
import { withinUnits } from './unit-of-work-checks.js';

/** What is checked, and not yet connected. */
export interface PreparedHandlers {
  readonly ofBuses: MiddlewareOfBuses;
  /** Handlers that no bus has yet. */
  readonly added: readonly CheckedHandler[];
  /** Those with guards, interceptors, pipes or filters of Nest. */
  readonly enhanced: ReadonlySet<CheckedHandler>;
  /** Middleware of handlers that have some of their own. */
  readonly used: ReadonlyMap<CheckedHandler, readonly ReadyMiddleware[]>;
}

/** What is around handlers of an application. */
interface Around {
  readonly enhancers: Enhancers;
  readonly units: UnitsOfWork | undefined;
  readonly caching: ApplicationCaching;
  readonly durables: ApplicationDurables;
}

/** Around a handler: enhancers of Nest, then the cache, then a unit of work. A durable handler stores instead. */
export const readyHandlers = (
  { added, enhanced, used }: PreparedHandlers,
  { enhancers, units, caching, durables }: Around,
): ReadyHandler[] =>
  added.map(handler => {
    const { wrapper, declaration, identity, types } = handler;
    const middleware = caching.middlewareOf(handler, used.get(handler) ?? []);
    const invoker = enhanced.has(handler)
      ? enhancers.invoker(handler, middleware)
      : invokerOf(wrapper, declaration.method, identity, middleware);
    const cached = caching.invokerOf(handler, invoker);
    const within = units === undefined ? cached : withinUnits(handler, cached, units);
    return durables.storing(handler, { wrapper, kind: declaration.kind, types, invoker: within });
  });
