import { lineage } from '../messages/inspect-message.js';
import type { MiddlewareReference } from '../pipeline/middleware.js';
import { inheritedMiddleware, inheritedOnMethod } from '../pipeline/use-middleware.decorator.js';
import type { FoundHandler } from './provider-explorer.js';

/** From `@UseMiddleware` on class and method, inherited too; outermost first. */
export function handlerMiddleware({ type, declaration }: FoundHandler): readonly MiddlewareReference[] {
  const line = lineage(type);
  const ofClass = inheritedMiddleware(line);
  const ofMethod = inheritedOnMethod(line, declaration.method);
  return ofMethod.length === 0 ? ofClass : [...new Set([...ofClass, ...ofMethod])];
}
