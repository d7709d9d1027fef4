import type { DispatchOptions } from '../context/message-context.js';
import { compose, composeWatched } from '../pipeline/compose.js';
import type { ReadyMiddleware } from '../pipeline/middleware.js';
import { limitByCaller } from '../pipeline/time-limit.js';
import type { Route } from './route.js';

/** What does what the options of a dispatch ask for, outside of all other middleware. */
export const DEMANDED: readonly ReadyMiddleware[] = [limitByCaller];

const demanding = new WeakMap<Route, Route>();

/**
 * The way of a dispatch whose options ask for something that middleware does, such as a time limit; made when first
 * asked for. All other dispatches take the way they always take.
 */
export function routeFor(route: Route, options: DispatchOptions, demanded: readonly ReadyMiddleware[]): Route {
  if (options.timeout === undefined && options.fromOutside !== true) return route;
  const present = demanding.get(route);
  if (present) return present;
  const { kind } = route;
  const wrap = kind === 'event' ? composeWatched : compose;
  const step = wrap(demanded, { run: route.carrying.run, usesContext: true });
  const made: Route = {
    ...route,
    step,
    carrying: step,
    direct: false,
    isWatched: kind === 'event',
    running: 0,
    end: undefined,
    fail: undefined,
  };
  demanding.set(route, made);
  return made;
}
