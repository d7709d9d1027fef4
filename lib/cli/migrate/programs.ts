import { dirname } from 'node:path';
import type ts from 'typescript';
import type { Compiler } from './compiler.js';
import type { SourceText } from './source-text.js';

export interface Compiled {
  readonly checker: ts.TypeChecker;
  readonly files: readonly { readonly source: SourceText; readonly file: ts.SourceFile }[];
}

/** Groups sources, tests included, by their nearest tsconfig.json. */
export function* compiledBy(compiler: Compiler, sources: readonly SourceText[]): Generator<Compiled> {
  const groups = new Map<string | undefined, SourceText[]>();
  for (const source of sources) {
    const config = compiler.findConfigFile(dirname(source.file), file => compiler.sys.fileExists(file));
    groups.set(config, [...(groups.get(config) ?? []), source]);
  }
  for (const [config, group] of groups) {
    const roots = group.map(({ file }) => file);
    const program = compiler.createProgram(roots, { ...LIBRARY, ...optionsOf(compiler, config), ...OWN_OPTIONS });
    const files = group.flatMap(source => {
      const file = program.getSourceFile(source.file);
      return file ? [{ source, file }] : [];
    });
    yield { checker: program.getTypeChecker(), files };
  }
}

/** For projects that name none: the default adds the DOM, which takes a second to read. */
const LIBRARY: ts.CompilerOptions = { lib: ['lib.es2022.d.ts'] };

const OWN_OPTIONS: ts.CompilerOptions = { allowJs: true, types: [] };

function optionsOf(compiler: Compiler, config: string | undefined): ts.CompilerOptions {
  if (config === undefined) return {};
  const { config: content = {} } = compiler.readConfigFile(config, file => compiler.sys.readFile(file)) as {
    config?: unknown;
  };
  // The files are known.
  const host = { ...compiler.sys, readDirectory: () => [] };
  const { options } = compiler.parseJsonConfigFileContent(content, host, dirname(config));
  return options;
}
