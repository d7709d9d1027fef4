import type ts from 'typescript';
import type { Compiler } from '../compiler.js';
import { excerptOf, type Inspection } from './inspection.js';

const BUSES: ReadonlySet<string | undefined> = new Set(['CommandBus', 'QueryBus', 'EventBus', 'UnhandledExceptionBus']);

/** Private members of the incumbent, as `(this as any).getCommandId`. */
const REMOVED = new Set(
  (
    'getCommandId getCommandName reflectCommandId getQueryId getQueryName reflectQueryId reflectEventId ' +
    'useDefaultPublisher mapToUnhandledErrorInfo _publisher _logger'
  ).split(' '),
);

/** Public here, also as `bus['publish']`. */
const PRESENT = new Set(
  (
    'execute publish publishAll register registerHandler bind publisher subject$ _subject$ subscriptions subscribe pipe ' +
    'registerSagas registerSaga ofEventId filterEventWithId reflectEvents eventIdProvider eventOperators onModuleDestroy'
  ).split(' '),
);

/** Finds removed members, private ones as `bus['handlers']`, and the context key. */
export const inspectMembers: Inspection = (node, { compiler, file, exports, find }) => {
  if (compiler.isImportSpecifier(node)) {
    const isKey = (node.propertyName ?? node.name).text === 'ASYNC_CONTEXT_ATTRIBUTE';
    if (isKey && exports.nameOf(node.name) !== undefined) find('contextAttribute', node, excerptOf(node, file));
    return;
  }
  const isRemoved = compiler.isPropertyAccessExpression(node) && REMOVED.has(node.name.text);
  const isPrivate =
    compiler.isElementAccessExpression(node) &&
    compiler.isStringLiteralLike(node.argumentExpression) &&
    !PRESENT.has(node.argumentExpression.text);
  if ((isRemoved || isPrivate) && BUSES.has(exports.instanceOf(withoutCasts(node.expression, compiler)))) {
    find('removedMember', node, excerptOf(node, file));
  }
};

function withoutCasts(node: ts.Expression, compiler: Compiler): ts.Expression {
  const isCast =
    compiler.isParenthesizedExpression(node) || compiler.isAsExpression(node) || compiler.isNonNullExpression(node);
  return isCast ? withoutCasts(node.expression, compiler) : node;
}
