import { lineage, nameOf } from '../messages/inspect-message.js';
import type { MiddlewareReference, ReadyMiddleware } from '../pipeline/middleware.js';
import { inheritedMiddleware, inheritedOnMethod, isMiddlewareUsed } from '../pipeline/use-middleware.decorator.js';
import { isTransaction } from '../units/transactional.decorator.js';
import { culprit, type CheckedHandler } from './handler-checks.js';
import type { MiddlewareCatalog } from './middleware-catalog.js';
import type { FoundHandler } from './provider-explorer.js';

/** From `@UseMiddleware` on class and method, inherited too; outermost first. */
export function handlerMiddleware({ type, declaration }: FoundHandler): readonly MiddlewareReference[] {
  const line = lineage(type);
  const ofClass = inheritedMiddleware(line);
  const ofMethod = inheritedOnMethod(line, declaration.method);
  return ofMethod.length === 0 ? ofClass : [...new Set([...ofClass, ...ofMethod])];
}

/**
 * Prepares what `@UseMiddleware` names on handlers and their messages.
 * @returns of the handlers that have some
 */
export async function preparedUses(
  catalog: MiddlewareCatalog,
  handlers: readonly CheckedHandler[],
): Promise<Map<CheckedHandler, ReadyMiddleware[]>> {
  const used = new Map<CheckedHandler, ReadyMiddleware[]>();
  if (!isMiddlewareUsed()) return used;
  for (const handler of handlers) {
    const { host } = handler.wrapper;
    for (const type of handler.types) {
      for (const used of inheritedMiddleware(lineage(type))) {
        const decorator = isTransaction(used) ? '@Transactional' : '@UseMiddleware';
        await catalog.prepare([used], `${decorator} on ${nameOf(type)}`, undefined, host);
      }
    }
    const ofHandler = handlerMiddleware(handler);
    if (ofHandler.length > 0) used.set(handler, await catalog.prepare(ofHandler, culprit(handler), host));
  }
  return used;
}
