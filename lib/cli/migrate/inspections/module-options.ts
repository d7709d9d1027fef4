import type ts from 'typescript';
import type { Finding } from '../finding.js';
import { type Inspected, type Inspection, placeOf } from './inspection.js';

export class ModuleOptionsInspection {
  private readonly roots: Finding[] = [];

  readonly inspect: Inspection = (node, inspected) => {
    const { compiler, file, exports, isTest, find } = inspected;
    if (!compiler.isCallExpression(node) || !compiler.isPropertyAccessExpression(node.expression)) return;
    const { name, expression } = node.expression;
    if (!/^forRoot(Async)?$/.test(name.text) || exports.nameOf(expression) !== 'CqrsModule') return;
    for (const option of rethrowsIn(node, inspected)) find('rethrow', option, option.getText(file));
    // Each test makes its own application.
    if (isTest) return;
    this.roots.push({ kind: 'forRootTwice', place: placeOf(node, file), what: `CqrsModule.${name.text}(…)` });
  };

  /** Call after all sources are inspected. */
  findings(): readonly Finding[] {
    return this.roots.length > 1 ? this.roots : [];
  }
}

/** Searches all of the call: factories too. */
function rethrowsIn(call: ts.CallExpression, { compiler }: Inspected): ts.Node[] {
  const found: ts.Node[] = [];
  const visit = (node: ts.Node): void => {
    const isRethrow = compiler.isPropertyAssignment(node) && node.initializer.kind === compiler.SyntaxKind.TrueKeyword;
    if (isRethrow && node.name.getText() === 'rethrowUnhandled') found.push(node);
    compiler.forEachChild(node, visit);
  };
  visit(call);
  return found;
}
