import type ts from 'typescript';
import type { Compiler } from '../compiler.js';
import { excerptOf, type Inspection } from './inspection.js';

const PUBLISHING = new Set(['publish', 'publishAll', 'commit']);
const PUBLISHERS: ReadonlySet<string | undefined> = new Set([
  'EventBus',
  'IEventBus',
  'AggregateRoot',
  'IAggregateRoot',
]);

/** Finds used promises of `publish`, `publishAll` and `commit`, and `publish` of a list. */
export const inspectPublishing: Inspection = (node, { compiler, file, exports, find }) => {
  if (!compiler.isCallExpression(node) || !compiler.isPropertyAccessExpression(node.expression)) return;
  const { name, expression: receiver } = node.expression;
  if (!PUBLISHING.has(name.text)) return;
  const [event] = node.arguments;
  const isList = name.text === 'publish' && event !== undefined && compiler.isArrayLiteralExpression(event);
  const use = useOf(compiler, node);
  if ((use === undefined && !isList) || !PUBLISHERS.has(exports.instanceOf(receiver))) return;
  if (isList) find('list', node, excerptOf(node, file));
  if (use !== undefined) find('waits', node, `${use} ${excerptOf(node.expression, file)}(…)`);
};

/** Awaited, returned or chained; undefined if dropped. */
function useOf(compiler: Compiler, node: ts.Node): string | undefined {
  const { parent } = node;
  if (compiler.isAwaitExpression(parent)) return 'await';
  if (compiler.isReturnStatement(parent)) return useOfReturned(compiler, parent);
  if (compiler.isArrowFunction(parent)) return useOfCallback(compiler, parent);
  if (compiler.isPropertyAccessExpression(parent)) return isOneOf(parent, ['then', 'catch', 'finally']);
  if (compiler.isCallExpression(parent)) {
    const isCombined = parent.expression.getText().startsWith('Promise.');
    return isCombined ? useOf(compiler, parent) : undefined;
  }
  return passesOn(compiler, node) ? useOf(compiler, parent) : undefined;
}

/** `(call)`, `call as T`, `call!`, `[call]`, `...call`, `a ? call : b`, `a ?? call`. */
function passesOn(compiler: Compiler, { parent }: ts.Node): boolean {
  if (compiler.isParenthesizedExpression(parent) || compiler.isArrayLiteralExpression(parent)) return true;
  if (compiler.isAsExpression(parent) || compiler.isNonNullExpression(parent)) return true;
  if (compiler.isSpreadElement(parent)) return true;
  return compiler.isConditionalExpression(parent) || compiler.isBinaryExpression(parent);
}

/** A method's caller may await its result; a callback's result goes to the function that calls it. */
function useOfReturned(compiler: Compiler, statement: ts.Node): string | undefined {
  const owner = compiler.findAncestor(statement, compiler.isFunctionLike);
  if (!owner) return undefined;
  const isCallback = compiler.isArrowFunction(owner) || compiler.isFunctionExpression(owner);
  return isCallback ? useOfCallback(compiler, owner) : 'return';
}

/** `Promise.all(events.map(event => bus.publish(event)))`. */
function useOfCallback(compiler: Compiler, { parent }: ts.Node): string | undefined {
  if (!compiler.isCallExpression(parent) || !compiler.isPropertyAccessExpression(parent.expression)) return undefined;
  return isOneOf(parent.expression, ['map', 'flatMap']) && useOf(compiler, parent);
}

const isOneOf = ({ name }: ts.PropertyAccessExpression, names: readonly string[]): string | undefined =>
  names.includes(name.text) ? name.text : undefined;
