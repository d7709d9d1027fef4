import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';

/** A file of the incumbent, without its extension, and the names of it that its users may have imported. */
export interface IncumbentModule {
  readonly path: string;
  readonly values: readonly string[];
  readonly types: readonly string[];
}

/** Files that users import from although the incumbent's index does not: there is no other way to these keys. */
const BESIDE_THE_INDEX = ['classes/constants', 'constants', 'decorators/constants'];

/** The modules of a `dist` folder that have at least one name which its index exports, and those above. */
export function publicModules(dist: string): IncumbentModule[] {
  const paths = readdirSync(dist, { recursive: true, encoding: 'utf8' })
    .filter(file => file.endsWith('.d.ts'))
    .map(file => file.replaceAll('\\', '/').replace(/\.d\.ts$/, ''));
  const fileOf = (path: string) => join(dist, `${path}.d.ts`);
  const program = ts.createProgram(paths.map(fileOf), {
    module: ts.ModuleKind.NodeNext,
    target: ts.ScriptTarget.ES2022,
    noLib: true,
    types: [],
  });
  const checker = program.getTypeChecker();
  const originOf = (symbol: ts.Symbol) =>
    symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
  const exportsOf = (path: string) => {
    const file = checker.getSymbolAtLocation(program.getSourceFile(fileOf(path))!);
    return file ? checker.getExportsOfModule(file) : [];
  };
  const offered = new Set(exportsOf('index').map(originOf));
  const isPublic = (path: string) => (symbol: ts.Symbol) =>
    BESIDE_THE_INDEX.includes(path) || offered.has(originOf(symbol));
  return paths
    .map(path => {
      const names = exportsOf(path).filter(isPublic(path));
      const isValue = (symbol: ts.Symbol) => (originOf(symbol).flags & ts.SymbolFlags.Value) !== 0;
      return {
        path,
        values: names.filter(isValue).map(({ name }) => name),
        types: names.filter(symbol => !isValue(symbol)).map(({ name }) => name),
      };
    })
    .filter(({ values, types }) => values.length + types.length > 0);
}

/** How a module may be imported: with and without extension, and an index by its folder. */
export function specifiersOf({ path }: IncumbentModule): string[] {
  const folder = /^(?:(.+)\/)?index$/.exec(path);
  const file = `nestjs-cqrs/dist/${path}`;
  return [file, `${file}.js`, ...(folder ? [join('nestjs-cqrs/dist', folder[1] ?? '').replaceAll('\\', '/')] : [])];
}
