import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { consumers, root } from './workspace.js';

/** What stands for the package in the programs: this one, the same as the migration page restores it, the incumbent. */
const SIDES = {
  ours: { name: 'nestjs-cqrs', options: '' },
  restored: { name: 'nestjs-cqrs', options: `{ events: { wait: 'none' } }` },
  theirs: { name: '@nestjs/cqrs', options: '' },
};

interface Layout {
  /** Files of `consumers/incumbent-tests`: the application that the tests of the incumbent test, which it does not ship. */
  application: readonly string[];
  /** Files of `test/types/positive` that compile with this version of the incumbent, too. */
  programs: readonly string[];
}

/**
 * Lays out the tests that the installed `@nestjs/cqrs` ships in `incumbent-tests` of a consumer, once for each of
 * `SIDES`. They import the sources of their package, in whose place the name of the package is put.
 * @returns the names of the test files
 */
export function layOutIncumbentTests(consumer: string, { application, programs }: Layout): string[] {
  const shipped = join(consumer, 'node_modules/@nestjs/cqrs/test');
  const specs = readdirSync(join(shipped, 'e2e')).filter(file => file.endsWith('.spec.ts'));
  for (const [side, { name, options }] of Object.entries(SIDES)) {
    const folder = join(consumer, 'incumbent-tests', side);
    const copy = (from: string, to: string) => {
      const text = readFileSync(from, 'utf8').replaceAll(`'nestjs-cqrs'`, `'${name}'`);
      write(join(folder, to), text.replaceAll('CqrsModule.forRoot()', `CqrsModule.forRoot(${options})`));
    };
    cpSync(join(shipped, 'utils'), join(folder, 'utils'), { recursive: true });
    for (const file of application) copy(join(consumers, 'incumbent-tests', file), `application/${file}`);
    for (const file of programs) copy(join(root, 'test/types/positive', file), `programs/${file}`);
    for (const spec of specs) {
      const text = readFileSync(join(shipped, 'e2e', spec), 'utf8');
      write(join(folder, 'e2e', spec), text.replaceAll(/'\.\.\/\.\.\/src\b[^']*'/g, `'${name}'`));
      for (const [, path] of text.matchAll(/'\.\.\/(src\/[^']+?)(?:\.js)?'/g)) exportAll(application, folder, path!);
    }
  }
  return specs;
}

/** Each file of the application that a test imports exports everything of the application that is here. */
function exportAll(application: readonly string[], folder: string, path: string): void {
  const file = join(folder, `${path}.ts`);
  const way = relative(dirname(file), join(folder, 'application')).replaceAll('\\', '/');
  write(file, application.map(name => `export * from '${way}/${name.replace(/ts$/, 'js')}';\n`).join(''));
}

function write(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}
