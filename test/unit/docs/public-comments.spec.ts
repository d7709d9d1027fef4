import { join, relative } from 'node:path';
import ts from 'typescript';
import manifest from '../../../package.json' with { type: 'json' };

const root = join(import.meta.dirname, '../../..');

/** The sources of what the package offers under its names. */
const pages = [
  ...new Set(
    Object.values(manifest.exports)
      .flatMap(conditions => (typeof conditions === 'string' ? [] : [conditions.import]))
      .map(target => (typeof target === 'string' ? target : target.default))
      .map(file => join(root, file.replace(/^\.\/dist\/(.+)\.js$/, 'lib/$1.ts'))),
  ),
];

/** Names that a page exports without a doc comment at their declaration; members of classes and interfaces included. */
function uncommented(pages: readonly string[], host?: ts.CompilerHost): string[] {
  const options: ts.CompilerOptions = {
    module: ts.ModuleKind.NodeNext,
    target: ts.ScriptTarget.ES2022,
    experimentalDecorators: true,
    noLib: true,
    types: [],
  };
  const program = ts.createProgram([...pages], options, host ?? ts.createCompilerHost(options));
  const checker = program.getTypeChecker();
  return pages.flatMap(page => {
    const file = program.getSourceFile(page)!;
    const exported = checker.getExportsOfModule(checker.getSymbolAtLocation(file)!);
    return exported.flatMap(symbol => {
      const origin = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
      const missing = hasComment(origin, checker) ? [] : [symbol.name];
      return [...missing, ...methodsOf(origin, checker).map(method => `${symbol.name}.${method}`)];
    });
  });
}

const hasComment = (symbol: ts.Symbol, checker: ts.TypeChecker): boolean =>
  ts.displayPartsToString(symbol.getDocumentationComment(checker)).trim() !== '';

/** Public methods of a class without a comment, neither here nor where they are inherited from. */
const methodsOf = (symbol: ts.Symbol, checker: ts.TypeChecker): string[] =>
  (symbol.declarations ?? [])
    .filter(ts.isClassDeclaration)
    .flatMap(({ members }) => members)
    .filter(ts.isMethodDeclaration)
    .filter(member => (ts.getCombinedModifierFlags(member) & NOT_PUBLIC) === 0 && ts.isIdentifier(member.name))
    .filter(member => !hasComment(checker.getSymbolAtLocation(member.name)!, checker))
    .map(member => member.name.getText())
    .filter((name, i, names) => names.indexOf(name) === i && !SELF_EXPLANATORY.includes(name));

const NOT_PUBLIC = ts.ModifierFlags.Private | ts.ModifierFlags.Protected;

/** What JavaScript or Nest define. */
const SELF_EXPLANATORY = ['toString', 'onModuleInit', 'onModuleDestroy', 'onApplicationShutdown'];

describe('the package', () => {
  it.each(pages.map(page => relative(root, page)))('exports nothing from %s that has no doc comment', page => {
    expect(uncommented([join(root, page)])).toEqual([]);
  });
});

describe('the check of doc comments', () => {
  it('finds values, types and methods that say nothing of themselves', () => {
    const host = hostOf({
      '/page.ts': `export { A, b } from './inner.js'; export type { C } from './inner.js';`,
      '/inner.ts': `
        /** Commented. */
        export class A {
          run(): void {}
          /** Commented. */
          walk(): void {}
          private rest(): void {}
        }
        export const b = 1;
        // A comment that editors do not show.
        export interface C {}`,
    });
    expect(uncommented(['/page.ts'], host)).toEqual(['A.run', 'b', 'C']);
  });
});

/** A host that knows these files alone. */
const hostOf = (files: Record<string, string>): ts.CompilerHost => ({
  ...ts.createCompilerHost({}),
  fileExists: name => name in files,
  readFile: name => files[name],
  getSourceFile: (name, languageVersion) =>
    name in files ? ts.createSourceFile(name, files[name]!, languageVersion) : undefined,
});
