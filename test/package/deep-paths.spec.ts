import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import manifest from '../../package.json' with { type: 'json' };
import { type IncumbentModule, publicModules, specifiersOf } from './incumbent-modules.js';
import { root, run, Workspace } from './workspace.js';

jest.setTimeout(240_000);

const workspace = new Workspace();
let folder: string;
let modules: IncumbentModule[];

beforeAll(async () => {
  await workspace.pack();
  folder = await workspace.install('deep-paths');
  modules = [folder, root].flatMap(project => publicModules(join(project, 'node_modules/@nestjs/cqrs/dist')));
});

afterAll(() => workspace.remove());

describe('Every path of @nestjs/cqrs 11 and 12 with a public name', () => {
  it('gives the values to import and to require', async () => {
    expect(modules.length).toBeGreaterThan(100);
    const names = modules.flatMap(module => specifiersOf(module).map(specifier => [specifier, module.values]));
    expect(await faultsOf(names)).toEqual([]);
  });

  it.each([
    ['nodenext', 'typescript-7'],
    ['commonjs', 'typescript-7'],
    ['bundler', 'typescript-7'],
    ['node10', 'typescript-5.5'],
  ])('gives the types under %s with %s', async (resolution, compiler) => {
    const statements = modules.map(exportingAll).join('');
    for (const extension of ['ts', 'mts', 'cts']) writeFileSync(join(folder, `names.${extension}`), statements);
    const tsc = join(root, 'node_modules', compiler, 'bin/tsc');
    const { output } = await run(process.execPath, [tsc, '-p', `tsconfig.${resolution}.json`], folder);
    expect(output).toBe('');
  });
});

it('A path that leads to internals only, or to nothing, is refused', async () => {
  const paths = ['services/explorer.service', 'helpers/default-pubsub', 'comand-bus', 'decorator/saga.decorator'];
  const specifiers = paths.map(path => `nestjs-cqrs/dist/${path}`);
  expect(await faultsOf(specifiers.map(specifier => [specifier, []]))).toEqual(
    specifiers.map(specifier => `${specifier}: ERR_PACKAGE_PATH_NOT_EXPORTED`),
  );
});

it('typesVersions has what exports has: the declarations that require gets', () => {
  const entries = Object.entries(manifest.exports).flatMap(([path, conditions]) => {
    if (path === '.' || typeof conditions === 'string') return [];
    const { require } = conditions;
    return [[path.slice('./'.length), [typeof require === 'string' ? require.replace(/js$/, 'd.ts') : require.types]]];
  });
  expect(manifest.typesVersions['*']).toEqual(Object.fromEntries(entries));
});

/** What the consumer finds missing, at run time. */
async function faultsOf(names: readonly unknown[][]): Promise<string[]> {
  const { code, output } = await run(process.execPath, ['main.js'], folder, JSON.stringify(names));
  if (code !== 0) throw new Error(output);
  return JSON.parse(output) as string[];
}

/** Statements that compile if all names of a module are there, by each of its paths. */
function exportingAll(module: IncumbentModule, index: number): string {
  const renamed = (names: readonly string[], path: number) =>
    names.map(name => `${name} as ${name}_${index}_${path}`).join(', ');
  return specifiersOf(module)
    .map(
      (specifier, path) =>
        `export { ${renamed(module.values, path)} } from '${specifier}';\n` +
        `export type { ${renamed(module.types, path)} } from '${specifier}';\n`,
    )
    .join('');
}
