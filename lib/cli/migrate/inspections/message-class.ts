import type ts from 'typescript';
import type { Inspected } from './inspection.js';

/** A class, and the name it has when the program runs. */
export interface FoundClass {
  readonly declaration: ts.ClassLikeDeclaration;
  readonly name: string;
}

/** A circle of constants ends. */
const MOST_STEPS = 20;

/** The class that an expression names: `class X {}`, `const X = class {}`, `const Y = X`, `{ X: class {} }`. */
export function classNamedBy(
  expression: ts.Expression,
  inspected: Inspected,
  steps = MOST_STEPS,
): FoundClass | undefined {
  const { compiler, exports } = inspected;
  const bare = unwrapped(expression, compiler);
  if (compiler.isClassExpression(bare)) return { declaration: bare, name: bare.name?.text ?? expression.getText() };
  const declarations = exports.resolved(bare)?.declarations ?? [];
  const declaration = declarations.find(compiler.isClassLike);
  if (declaration !== undefined) return { declaration, name: declaration.name?.text ?? expression.getText() };
  for (const one of declarations) {
    const { name, initializer } = one as { readonly name?: ts.Node; readonly initializer?: ts.Expression };
    if (initializer === undefined || steps === 0) continue;
    const found = classNamedBy(initializer, inspected, steps - 1);
    if (found === undefined) continue;
    const isAnonymous = found.declaration === unwrapped(initializer, compiler) && found.declaration.name === undefined;
    return isAnonymous && name !== undefined ? { ...found, name: name.getText() } : found;
  }
  return undefined;
}

/** Without parentheses and types. */
function unwrapped(expression: ts.Expression, compiler: Inspected['compiler']): ts.Expression {
  const isWrapper = (node: ts.Expression): node is ts.Expression & { readonly expression: ts.Expression } =>
    compiler.isParenthesizedExpression(node) ||
    compiler.isAsExpression(node) ||
    compiler.isNonNullExpression(node) ||
    compiler.isTypeAssertionExpression(node) ||
    // Came with TypeScript 4.9.
    compiler.isSatisfiesExpression?.(node);
  let bare = expression;
  while (isWrapper(bare)) bare = bare.expression;
  return bare;
}
