import type { Inspection } from './inspection.js';

/** Their internals differ here. */
const EXTENDED = new Set([
  'CommandBus',
  'QueryBus',
  'EventBus',
  'EventPublisher',
  'UnhandledExceptionBus',
  'CqrsModule',
]);

export const inspectClasses: Inspection = (node, { compiler, exports, find }) => {
  if (!compiler.isClassLike(node)) return;
  const clause = node.heritageClauses?.find(({ token }) => token === compiler.SyntaxKind.ExtendsKeyword);
  const base = clause?.types[0] && exports.nameOf(clause.types[0].expression);
  if (base !== undefined && EXTENDED.has(base)) {
    find('subclass', node.name ?? node, `class ${node.name?.text ?? ''} extends ${base}`.replace('  ', ' '));
  }
};
