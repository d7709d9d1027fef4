import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Terminal } from '../command.js';
import { NotLoaded } from './not-loaded.js';

/** Set in the process that can load TypeScript. */
export const LOADER_VARIABLE = 'NESTJS_CQRS_LOADER';

interface Loader {
  readonly name: string;
  /** Of its package, which `require` cannot resolve if it is for ES modules alone. */
  readonly entry: string | undefined;
  /** Tells the loader which configuration of TypeScript to use: decorators are in it. */
  readonly variable: string;
}

const LOADERS: readonly Loader[] = [
  { name: 'tsx', entry: undefined, variable: 'TSX_TSCONFIG_PATH' },
  { name: '@swc-node/register', entry: 'esm/esm-register.mjs', variable: 'TS_NODE_PROJECT' },
];

/** Undefined in a process that cannot load TypeScript. */
export const loaderInUse = (): string | undefined => process.env[LOADER_VARIABLE];

/**
 * Runs a command in a process that can load TypeScript, by a loader of the project.
 * @returns its exit code
 * @throws NotLoaded if the project has none
 */
export async function runWithLoader(
  args: readonly string[],
  { folder, isColoured = false, print, complain }: Terminal,
  { file, tsconfig }: { readonly file: string; readonly tsconfig: string | undefined },
): Promise<number> {
  const found = loaderOf(folder);
  if (found === undefined) throw new NotLoaded(withoutLoader(file));
  const main = fileURLToPath(new URL('../main.js', import.meta.url));
  const child = spawn(process.execPath, ['--import', found.url, main, ...args], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...process.env,
      [LOADER_VARIABLE]: found.name,
      // Lines of TypeScript; tsx has them anyway.
      SWC_NODE_INLINE_SOURCE_MAP: '1',
      ...(tsconfig !== undefined && { [found.variable]: tsconfig }),
      ...(isColoured && { FORCE_COLOR: '1' }),
    },
  });
  const code = new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', status => resolve(status ?? 2));
  });
  const [output, errors, exitCode] = await Promise.all([textOf(child.stdout), textOf(child.stderr), code]);
  if (output) print(output);
  if (errors) complain(errors);
  return exitCode;
}

const textOf = async (stream: Readable): Promise<string> => (await text(stream)).replace(/\n$/, '');

function loaderOf(folder: string): (Loader & { readonly url: string }) | undefined {
  const { resolve } = createRequire(join(folder, 'package.json'));
  for (const loader of LOADERS)
    try {
      const main = pathToFileURL(resolve(loader.name)).href;
      return { ...loader, url: loader.entry === undefined ? main : new URL(loader.entry, main).href };
    } catch {
      // Not installed.
    }
  return undefined;
}

const withoutLoader = (file: string): string =>
  `${file} is TypeScript, and its compiled form is missing or older. Either of these helps:
  compile the application first:  npx nest build
  or install a loader:            npm install --save-dev tsx`;
