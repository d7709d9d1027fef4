import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** For `--import`: lets a process run TypeScript. */
export const compileHook = pathToFileURL(join(import.meta.dirname, '../e2e/faults/compile-hook.mjs')).href;

/** How a program ended, and what it wrote. */
export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly output: string;
  readonly errors: string;
}

/**
 * Runs a program in TypeScript in a process of its own. What requires Nest, as nestjs-cls does, cannot run in Jest.
 * @param timeout milliseconds after which it is killed; 0 for never
 */
export const runProgram = (
  file: string,
  args: readonly string[] = [],
  variables: NodeJS.ProcessEnv = {},
  timeout = 0,
) =>
  new Promise<Ended>(resolve => {
    const { NODE_OPTIONS: _, ...env } = process.env;
    const options = { env: { ...env, ...variables }, timeout, killSignal: 'SIGKILL' } as const;
    const child = execFile(
      process.execPath,
      ['--import', compileHook, file, ...args],
      options,
      (_error, output, errors) => resolve({ code: child.exitCode, signal: child.signalCode, output, errors }),
    );
  });

/** What a program that succeeds writes, as JSON. */
export async function answerOf<T>(file: string, args: readonly string[] = [], variables: NodeJS.ProcessEnv = {}) {
  const { code, output, errors } = await runProgram(file, args, variables);
  if (code !== 0) throw new Error(`${file} failed: ${errors}`);
  return JSON.parse(output) as T;
}
