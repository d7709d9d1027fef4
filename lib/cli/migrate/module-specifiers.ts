import type ts from 'typescript';
import type { Compiler } from './compiler.js';
import { nodesOf } from './nodes.js';
import { looksLikeIncumbent, namesIncumbent } from './package-name.js';

/** Offsets exclude the quotes. */
export interface Mention {
  readonly text: string;
  readonly start: number;
}

export interface TextRange extends Mention {
  readonly end: number;
}

export interface Mentions {
  /** Loaded, imported, mocked or augmented modules. */
  readonly specifiers: readonly TextRange[];
  /** Strings, templates and patterns. */
  readonly others: readonly Mention[];
}

/** Of test runners; their first argument is a module name. */
const MOCKING = new Set(
  (
    'mock unmock doMock dontMock doUnmock deepUnmock setMock requireActual requireMock createMockFromModule ' +
    'genMockFromModule unstable_mockModule unstable_unmockModule importActual importMock module'
  ).split(' '),
);
const TEST_RUNNERS = new Set(['jest', 'vi', 'vitest', 'mock']);

/** Comments are ignored, except types in JavaScript. */
export function mentionsIn(compiler: Compiler, file: ts.SourceFile): Mentions {
  const specifiers: TextRange[] = file.typeReferenceDirectives
    .filter(({ fileName }) => namesIncumbent(fileName))
    .map(({ fileName, pos, end }) => ({ text: fileName, start: pos, end }));
  const others: Mention[] = [];
  const inJavaScript = /\.[cm]?jsx?$/.test(file.fileName);

  const read = new Set<number>();
  const look = (node: ts.Node): void => {
    const mention = textOf(compiler, node, file);
    if (mention === undefined || !looksLikeIncumbent(mention.text)) return;
    const isSpecifier = namesIncumbent(mention.text) && loadsModule(compiler, node);
    if (isSpecifier) specifiers.push({ ...mention, end: node.end - 1 });
    else others.push(mention);
  };
  for (const node of nodesOf(compiler, file)) {
    look(node);
    if (!inJavaScript) continue;
    for (const comment of (node as { jsDoc?: ts.JSDoc[] }).jsDoc ?? []) {
      // A parenthesis that begins a file has its comment twice.
      if (read.has(comment.pos)) continue;
      read.add(comment.pos);
      for (const inner of nodesOf(compiler, comment)) look(inner);
    }
  }
  return { specifiers, others };
}

/** Of a template, its head. */
function textOf(compiler: Compiler, node: ts.Node, file: ts.SourceFile): Mention | undefined {
  if (compiler.isRegularExpressionLiteral(node)) return { text: node.text, start: node.getStart(file) };
  if (!compiler.isStringLiteralLike(node) && !compiler.isTemplateHead(node)) return undefined;
  return { text: node.text, start: node.getStart(file) + 1 };
}

function loadsModule(compiler: Compiler, literal: ts.Node): boolean {
  const { parent } = literal;
  if (compiler.isImportDeclaration(parent) || compiler.isExportDeclaration(parent)) return true;
  if (compiler.isExternalModuleReference(parent) || compiler.isModuleDeclaration(parent)) return true;
  if (compiler.isLiteralTypeNode(parent)) return compiler.isImportTypeNode(parent.parent);
  if (compiler.isCallExpression(parent)) {
    return parent.arguments[0] === literal && loadsItsArgument(compiler, parent.expression);
  }
  // Since TypeScript 5.5.
  return compiler.isJSDocImportTag?.(parent) === true;
}

function loadsItsArgument(compiler: Compiler, callee: ts.Expression): boolean {
  if (callee.kind === compiler.SyntaxKind.ImportKeyword) return true;
  if (compiler.isIdentifier(callee)) return callee.text === 'require';
  if (!compiler.isPropertyAccessExpression(callee)) return false;
  const { name, expression } = callee;
  if (name.text === 'resolve') return compiler.isMetaProperty(expression) || isNamed(compiler, expression, 'require');
  if (name.text === 'require') return isNamed(compiler, expression, 'module');
  return MOCKING.has(name.text) && TEST_RUNNERS.has(firstOf(compiler, expression));
}

const isNamed = (compiler: Compiler, node: ts.Node, name: string): boolean =>
  compiler.isIdentifier(node) && node.text === name;

/** `jest` of `jest.mock('a').mock`. */
function firstOf(compiler: Compiler, node: ts.Expression): string {
  if (compiler.isCallExpression(node) || compiler.isPropertyAccessExpression(node)) {
    return firstOf(compiler, node.expression);
  }
  return compiler.isIdentifier(node) ? node.text : '';
}
