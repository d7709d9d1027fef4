import { excerptOf, type Inspection } from './inspection.js';

const BUSES = new Set(['CommandBus', 'QueryBus', 'EventBus', 'UnhandledExceptionBus']);

/** Public or protected in the incumbent. */
const REMOVED = new Set(['registerSagas', 'registerSaga', 'filterEventWithId']);

/** What subclasses and others may call, also as `bus['publish']`. */
const PUBLIC = new Set(
  'execute publish publishAll register registerHandler bind publisher subject$ subscriptions subscribe pipe'.split(' '),
);

/** Members of buses that are not there, private ones that `bus['handlers']` reaches, and the key of contexts. */
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
    !PUBLIC.has(node.argumentExpression.text);
  if ((isRemoved || isPrivate) && BUSES.has(exports.instanceOf(node.expression) ?? '')) {
    find('removedMember', node, excerptOf(node, file));
  }
};
