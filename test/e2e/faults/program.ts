import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** How a program ended, and what it printed. */
export interface Ended {
  readonly code: number | null;
  readonly output: string;
  readonly errors: string;
}

/**
 * Runs a program in TypeScript in a process of its own.
 * @param file its path
 * @param args what it is given
 * @param flags of Node, such as `--expose-gc`
 */
export function runProgram(file: string, args: readonly string[] = [], flags: readonly string[] = []): Promise<Ended> {
  const hook = pathToFileURL(join(import.meta.dirname, 'compile-hook.mjs')).href;
  const { NODE_OPTIONS: _, ...env } = process.env;
  const all = ['--disable-warning=ExperimentalWarning', ...flags, '--import', hook, file, ...args];
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, all, { env: { ...env, NODE_ENV: 'production' } });
    let output = '';
    let errors = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
    child.on('error', reject);
    child.on('close', code => resolve({ code, output, errors }));
  });
}
