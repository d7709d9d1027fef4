import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

/** Which package the tests are laid out for: this one and, as a control, the one that they were written for. */
export const SIDES = { ours: 'nestjs-cqrs', theirs: '@nestjs/cqrs' } as const;

const applications = join(import.meta.dirname, 'consumers/incumbent-tests');

/**
 * Lays out the tests that the installed `@nestjs/cqrs` ships, in `incumbent-tests/ours` and `incumbent-tests/theirs`
 * of a consumer. The tests import the sources of their package, which becomes the import of one of the two packages,
 * and an application that is not shipped, whose place the one of `consumers/incumbent-tests` takes.
 * @returns the names of the test files
 */
export function layOutIncumbentTests(consumer: string, application: readonly string[]): string[] {
  const shipped = join(consumer, 'node_modules/@nestjs/cqrs/test');
  const specs = readdirSync(join(shipped, 'e2e')).filter(file => file.endsWith('.spec.ts'));
  for (const [side, name] of Object.entries(SIDES)) {
    const folder = join(consumer, 'incumbent-tests', side);
    cpSync(join(shipped, 'utils'), join(folder, 'utils'), { recursive: true });
    for (const file of application) {
      const text = readFileSync(join(applications, file), 'utf8');
      write(join(folder, 'application', file), text.replaceAll(`'nestjs-cqrs'`, `'${name}'`));
    }
    for (const spec of specs) {
      const text = readFileSync(join(shipped, 'e2e', spec), 'utf8');
      write(join(folder, 'e2e', spec), text.replaceAll(/'\.\.\/\.\.\/src\b[^']*'/g, `'${name}'`));
      for (const [, path] of text.matchAll(/'\.\.\/(src\/[^']+?)(?:\.js)?'/g)) hand(application, folder, path!);
    }
  }
  return specs;
}

/** Each file of their application that a test imports exports everything of ours. */
function hand(application: readonly string[], folder: string, path: string): void {
  const file = join(folder, `${path}.ts`);
  const way = relative(dirname(file), join(folder, 'application')).replaceAll('\\', '/');
  write(file, application.map(name => `export * from '${way}/${name.replace(/ts$/, 'js')}';\n`).join(''));
}

function write(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}
