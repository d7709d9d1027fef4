import { mkdirSync, mkdtempSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { transformFileSync } from '@swc/core';

const root = join(import.meta.dirname, '../../../..');

/** What the program consists of. */
const SOURCES = ['lib', 'test/e2e/durable/crash', 'test/e2e/remote/faults/child-side.ts'];

/** Pages of the package that it uses. */
const PAGES = {
  '.': './lib/index.js',
  './extension': './lib/extension.js',
  './bullmq': './lib/integrations/bullmq/index.js',
  './pg-boss': './lib/integrations/pg-boss/index.js',
  './transactional': './lib/integrations/transactional/index.js',
};

/**
 * Compiles the library and the processes of these tests to a folder of its own. So many processes are started that it
 * would take most of the time to compile in each of them.
 * @returns the folder; the caller removes it
 */
export function compileAll(): string {
  const folder = mkdtempSync(join(tmpdir(), 'nestjs-cqrs-crash-'));
  const about = { name: 'nestjs-cqrs', type: 'module', exports: PAGES };
  writeFileSync(join(folder, 'package.json'), JSON.stringify(about));
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  for (const file of SOURCES.flatMap(filesOf)) compile(file, join(folder, file.replace(/\.ts$/, '.js')));
  return folder;
}

function filesOf(source: string): string[] {
  if (source.endsWith('.ts')) return [source];
  const files = readdirSync(join(root, source), { recursive: true, encoding: 'utf8' });
  return files.filter(file => file.endsWith('.ts') && !file.endsWith('.spec.ts')).map(file => join(source, file));
}

function compile(file: string, target: string): void {
  const { code } = transformFileSync(join(root, file), {
    swcrc: false,
    module: { type: 'es6' },
    jsc: {
      target: 'es2022',
      keepClassNames: true,
      parser: { syntax: 'typescript', decorators: true },
      transform: {
        legacyDecorator: true,
        decoratorMetadata: !file.startsWith('lib'),
        useDefineForClassFields: true,
      },
    },
  });
  mkdirSync(dirname(target), { recursive: true });
  writeFileSync(target, code);
}
