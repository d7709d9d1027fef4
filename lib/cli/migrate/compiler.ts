import { createRequire } from 'node:module';
import { join } from 'node:path';
import type ts from 'typescript';
import { OWN_FOLDER } from '../own-package.js';

export type Compiler = typeof ts;

const REMEDY = 'npx -y -p typescript@6 -p nestjs-cqrs nestjs-cqrs migrate';

export class NoCompiler extends Error {}

/**
 * The project's compiler, else its Nest CLI's, else one beside this package.
 * @throws NoCompiler
 */
export function compilerOf(folder: string, beside: string | URL = OWN_FOLDER): Compiler {
  const versions: string[] = [];
  for (const load of [() => loadFrom(folder), () => loadFromNestCli(folder), () => loadFrom(beside)]) {
    const found = load();
    if (found === undefined) continue;
    if (isUsable(found)) return found;
    versions.push(String(found.version));
  }
  throw new NoCompiler(
    versions.length === 0
      ? `No TypeScript found for ${folder}. Install the packages of the project first, or run:\n  ${REMEDY}`
      : `TypeScript ${versions[0]} lacks the compiler API in JavaScript that migrate needs (4.8 to 6 have it). Run:\n  ${REMEDY}`,
  );
}

const loadFrom = (from: string | URL): Compiler | undefined => load(createRequire(manifestIn(from)));

function loadFromNestCli(folder: string): Compiler | undefined {
  const cli = resolved(createRequire(manifestIn(folder)), '@nestjs/cli/package.json');
  return cli === undefined ? undefined : load(createRequire(cli));
}

function load(require: NodeRequire): Compiler | undefined {
  const file = resolved(require, 'typescript');
  return file === undefined ? undefined : (require(file) as Compiler);
}

function resolved(require: NodeRequire, name: string): string | undefined {
  try {
    return require.resolve(name);
  } catch {
    return undefined;
  }
}

const manifestIn = (folder: string | URL): string | URL =>
  folder instanceof URL ? new URL('package.json', folder) : join(folder, 'package.json');

/** Version 7 exports only its version; `getDecorators` came with 4.8. */
const isUsable = (found: Partial<Compiler>): boolean =>
  typeof found.createProgram === 'function' && typeof found.getDecorators === 'function';
