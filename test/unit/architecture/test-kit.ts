import ts from 'typescript';

/** The names of the package, and the file that tests of `lib` import. */
const KIT = /^nestjs-cqrs\/testing$|\/lib\/testing\/index\.js$/;

/** What a file imports from the test kit and calls. Suites of conformance check adapters: they do not count. */
export function kitCalls(text: string): string[] {
  const source = ts.createSourceFile('file.ts', text, ts.ScriptTarget.Latest);
  const imported = new Set(source.statements.flatMap(importedFromKit));
  const called = new Set<string>();
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) && ts.isIdentifier(node.expression)) called.add(node.expression.text);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return [...called].filter(name => imported.has(name) && !/conformance$/i.test(name)).toSorted();
}

function importedFromKit(statement: ts.Statement): string[] {
  if (!ts.isImportDeclaration(statement) || !ts.isStringLiteral(statement.moduleSpecifier)) return [];
  const names = statement.importClause?.namedBindings;
  if (names === undefined || !ts.isNamedImports(names) || !KIT.test(statement.moduleSpecifier.text)) return [];
  return names.elements.filter(({ isTypeOnly }) => !isTypeOnly).map(({ name }) => name.text);
}
