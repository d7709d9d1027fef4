import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import ts from 'typescript';

/** Files by their path within `lib`, with slashes: `buses/event-bus.ts`. */
export type SourceTree = ReadonlyMap<string, string>;

/** Reads a folder and everything below it. */
export function readTree(folder: string): SourceTree {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(file => file.endsWith('.ts'));
  return new Map(
    files.map(file => [file.replaceAll('\\', '/'), readFileSync(join(folder, file), 'utf8')] as const).toSorted(),
  );
}

/** The folder that a file belongs to; the file itself at the top. */
export const homeOf = (file: string): string => file.split('/')[0]!;

/** The files of the tree that a file imports or exports from, type imports included. */
export const importedFiles = (file: string, text: string): string[] =>
  specifiers(text)
    .filter(specifier => specifier.startsWith('.'))
    .map(specifier => posix.join(posix.dirname(file), specifier).replace(/\.js$/, '.ts'));

/** The packages a file imports from. */
export const importedPackages = (text: string): string[] =>
  specifiers(text).filter(specifier => !specifier.startsWith('.'));

const specifiers = (text: string): string[] =>
  ts.preProcessFile(text, true, true).importedFiles.map(({ fileName }) => fileName);

/** Names that a file uses or imports as values; what exists in types alone does not count. */
export function namesInCode(text: string): Set<string> {
  const names = new Set<string>();
  const visit = (node: ts.Node): void => {
    if (ts.isTypeNode(node) || ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node)) return;
    if ((ts.isImportSpecifier(node) || ts.isImportClause(node) || ts.isExportSpecifier(node)) && node.isTypeOnly)
      return;
    if (ts.isIdentifier(node)) names.add(node.text);
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile('file.ts', text, ts.ScriptTarget.Latest));
  return names;
}

/** Whether a file hands on whatever another one exports. */
export const exportsEverything = (text: string): boolean =>
  ts
    .createSourceFile('file.ts', text, ts.ScriptTarget.Latest)
    .statements.some(
      statement =>
        ts.isExportDeclaration(statement) &&
        (statement.exportClause === undefined || ts.isNamespaceExport(statement.exportClause)),
    );
