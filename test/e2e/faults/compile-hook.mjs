// Lets a child process run TypeScript: `node --import ./compile-hook.mjs program.ts`. The package is that of lib/,
// or the one that the environment variable CQRS names.
import { existsSync, readFileSync } from 'node:fs';
import { register } from 'node:module';
import { fileURLToPath } from 'node:url';
import { isMainThread } from 'node:worker_threads';
import { transformSync } from '@swc/core';

if (isMainThread) register(import.meta.url);

const library = new URL('../../../lib/', import.meta.url).href;

const pages = {
  'nestjs-cqrs/bullmq': 'integrations/bullmq/index.ts',
  'nestjs-cqrs/extension': 'extension.ts',
  'nestjs-cqrs/microservices': 'integrations/microservices/index.ts',
  'nestjs-cqrs/pg-boss': 'integrations/pg-boss/index.ts',
  'nestjs-cqrs/resilience': 'integrations/resilience/index.ts',
  'nestjs-cqrs/transactional': 'integrations/transactional/index.ts',
  'nestjs-cqrs/testing': 'testing/index.ts',
};

export function resolve(specifier, context, next) {
  if (specifier === 'nestjs-cqrs') return next(process.env.CQRS ?? `${library}index.ts`, context);
  if (specifier in pages) return next(library + pages[specifier], context);
  if (specifier.startsWith('.') && context.parentURL?.endsWith('.ts')) {
    const source = new URL(specifier.replace(/\.js$/, '.ts'), context.parentURL);
    if (existsSync(source)) return next(source.href, context);
  }
  return next(specifier, context);
}

export function load(url, context, next) {
  if (!url.endsWith('.ts')) return next(url, context);
  const { code } = transformSync(readFileSync(fileURLToPath(url), 'utf8'), {
    swcrc: false,
    filename: fileURLToPath(url),
    sourceMaps: 'inline',
    module: { type: 'es6' },
    jsc: {
      target: 'es2022',
      keepClassNames: true,
      parser: { syntax: 'typescript', decorators: true },
      transform: { legacyDecorator: true, decoratorMetadata: !url.startsWith(library), useDefineForClassFields: true },
    },
  });
  return { format: 'module', source: code, shortCircuit: true };
}
