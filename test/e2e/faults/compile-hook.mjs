// Lets a child process run TypeScript: `node --import ./compile-hook.mjs program.ts`. The package is that of lib/,
// or the one that the environment variable CQRS names. What one process has compiled, all that follow only read.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createRequire, register } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isMainThread, threadId } from 'node:worker_threads';
import { writeReached } from '../../mutants/reached.mjs';
import { coverageFolder, instrumented, reportAtExit } from '../../support/program-coverage.mjs';

if (isMainThread) {
  register(import.meta.url);
  if (coverageFolder !== undefined) reportAtExit();
  if (process.env.MUTANTS_TEST !== undefined) process.on('exit', writeReached());
}

const library = new URL('../../../lib/', import.meta.url).href;

const pages = {
  'nestjs-cqrs/bullmq': 'integrations/bullmq/index.ts',
  'nestjs-cqrs/extension': 'extension.ts',
  'nestjs-cqrs/microservices': 'integrations/microservices/index.ts',
  'nestjs-cqrs/opentelemetry': 'integrations/opentelemetry/index.ts',
  'nestjs-cqrs/pg-boss': 'integrations/pg-boss/index.ts',
  'nestjs-cqrs/cache': 'integrations/cache/index.ts',
  'nestjs-cqrs/resilience': 'integrations/resilience/index.ts',
  'nestjs-cqrs/transactional': 'integrations/transactional/index.ts',
  'nestjs-cqrs/testing': 'testing/index.ts',
  'nestjs-cqrs/testing/jest': 'testing/jest.ts',
  'nestjs-cqrs/testing/vitest': 'testing/vitest.ts',
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

export async function load(url, context, next) {
  if (!url.endsWith('.ts')) return next(url, context);
  const file = fileURLToPath(url);
  const source = readFileSync(file, 'utf8');
  const options = optionsOf(url, file);
  const covered = coverageFolder !== undefined && url.startsWith(library);
  return {
    format: 'module',
    source: fromCache(source, options, covered) ?? (await compile(source, options, covered)),
    shortCircuit: true,
  };
}

const optionsOf = (url, filename) => ({
  swcrc: false,
  filename,
  sourceMaps: 'inline',
  module: { type: 'es6' },
  jsc: {
    target: 'es2022',
    keepClassNames: true,
    parser: { syntax: 'typescript', decorators: true },
    transform: { legacyDecorator: true, decoratorMetadata: !url.startsWith(library), useDefineForClassFields: true },
  },
});

const require = createRequire(import.meta.url);
const cache = fileURLToPath(new URL('../../../node_modules/.cache/nestjs-cqrs-programs', import.meta.url));

/** Another source, another option or another version of the compiler is another file. */
function cachedFile(...parts) {
  const { version } = require('@swc/core/package.json');
  const hash = createHash('sha256').update(JSON.stringify([version, ...parts]));
  return join(cache, `${hash.digest('hex')}.js`);
}

function fromCache(source, options, covered) {
  try {
    return readFileSync(cachedFile(source, options, covered), 'utf8');
  } catch {
    return undefined;
  }
}

async function compile(source, options, covered) {
  // To load the compiler takes as long as many files.
  const { transformSync } = await import('@swc/core');
  const { code: compiled } = transformSync(source, options);
  const code = covered ? instrumented(compiled, options.filename) : compiled;
  const file = cachedFile(source, options, covered);
  mkdirSync(cache, { recursive: true });
  // Others may read or write it at the same time: it is there all at once.
  const own = `${file}.${process.pid}.${threadId}`;
  writeFileSync(own, code);
  renameSync(own, file);
  return code;
}
