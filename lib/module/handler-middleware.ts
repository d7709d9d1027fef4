import type { FoundDeclaration } from '../handlers/handler-declaration.js';
import { lineage } from '../messages/inspect-message.js';
import type { MessageType } from '../messages/message.js';
import type { MiddlewareReference } from '../pipeline/middleware.js';
import { inheritedMiddleware, usedOnMethod } from '../pipeline/use-middleware.decorator.js';

/**
 * What `@UseMiddleware` put on the class and on the method of a handler, outermost first: that of the classes it
 * extends too, and of the method from the class on that made it a handler.
 */
export function handlerMiddleware(
  type: MessageType,
  { method, declaredBy }: Pick<FoundDeclaration, 'method' | 'declaredBy'>,
): MiddlewareReference[] {
  const ofMethod: MiddlewareReference[] = [];
  for (const ancestor of lineage(type)) {
    ofMethod.unshift(...usedOnMethod(ancestor, method));
    if (ancestor === declaredBy) break;
  }
  return [...new Set([...inheritedMiddleware(type), ...ofMethod])];
}
