import type { WiringProblem } from '../errors/wiring.exception.js';
import type { MessageKind } from '../messages/message.js';
import { middlewareName, type ReadyMiddleware } from '../pipeline/middleware.js';
import { order } from '../pipeline/order.js';
import { builtInMiddleware } from './built-in-middleware.js';
import type { BusMiddleware } from './declared-layers.js';
import type { MiddlewareCatalog } from './middleware-catalog.js';
import { OPTION_OF_BUS, type CompleteModuleOptions } from './module-options.js';
import type { FoundMiddleware } from './provider-explorer.js';
import type { MiddlewareByKind } from './wiring-entries.js';

export type MiddlewareOfBuses = Readonly<Record<MessageKind, BusMiddleware>>;

/** Prepares and orders what is around all messages of a bus: built-in, listed, and found in modules. */
export async function busMiddleware(
  catalog: MiddlewareCatalog,
  options: CompleteModuleOptions,
  found: readonly FoundMiddleware[],
  touches: readonly ReadyMiddleware[],
  problems: WiringProblem[],
): Promise<MiddlewareOfBuses> {
  const { middleware } = options;
  await catalog.prepare(middleware, 'the middleware of CqrsModule.forRoot()');
  for (const { reference, host } of found)
    await catalog.prepare([reference], `@Middleware on ${middlewareName(reference)}`, undefined, host);
  const ofKind = async (kind: MessageKind): Promise<BusMiddleware> => {
    const { middleware: ofBus } = options[OPTION_OF_BUS[kind]];
    await catalog.prepare(ofBus, `the middleware of CqrsModule.forRoot() for the ${kind} bus`);
    const builtIn = builtInMiddleware(kind, options, touches);
    const placed = found.filter(({ placement }) => placement.on?.includes(kind) ?? true);
    return { kind, builtIn, found: placed, ordered: order([...builtIn, ...middleware, ...ofBus], placed, problems) };
  };
  return { command: await ofKind('command'), query: await ofKind('query'), event: await ofKind('event') };
}

export const orderedByKind = ({ command, query, event }: MiddlewareOfBuses): MiddlewareByKind => ({
  command: command.ordered,
  query: query.ordered,
  event: event.ordered,
});
