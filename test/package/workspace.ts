import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const root = join(import.meta.dirname, '../..');
export const consumers = join(import.meta.dirname, 'consumers');

/** The compilers that this repository has beside its own: the oldest promised, the last of the old API, the newest. */
export const COMPILERS = ['typescript-5.5', 'typescript-5.9', 'typescript-7'] as const;

/** A folder outside of this repository, with the packed package and the consumers that install it. */
export const workspace = mkdtempSync(join(tmpdir(), 'nestjs-cqrs-package-'));
export const tarball = join(workspace, 'nestjs-cqrs.tgz');

/** Packs the package; needs a built `dist/`. Returns the files in the tarball. */
export async function pack(): Promise<string[]> {
  const { output } = await run('npm', ['pack', '--json', '--pack-destination', workspace], root);
  const [{ filename, files }] = JSON.parse(output) as [{ filename: string; files: { path: string }[] }];
  renameSync(join(workspace, filename), tarball);
  return files.map(file => file.path);
}

export const removeWorkspace = (): void => rmSync(workspace, { recursive: true, force: true });

/** The output of a compiler of this repository, run in a consumer. */
export async function compile(compiler: string, project: string, folder: string): Promise<string> {
  const tsc = join(root, 'node_modules', compiler, 'bin/tsc');
  return (await run(process.execPath, [tsc, '-p', project], folder)).output;
}

const installed = new Map<string, Promise<string>>();

/** Copies a consumer and what it shares with others to the workspace, and installs its dependencies; once. */
export function install(name: string, shared: string[]): Promise<string> {
  const folder = installed.get(name) ?? installNow(name, shared);
  installed.set(name, folder);
  return folder;
}

async function installNow(name: string, shared: string[]): Promise<string> {
  const folder = join(workspace, name);
  cpSync(join(consumers, name), folder, { recursive: true });
  for (const file of shared) cpSync(join(consumers, 'shared', file), join(folder, file));
  // Installed as from the registry: npm would link a folder.
  const args = ['install', '--install-links', '--prefer-offline', '--no-audit', '--no-fund'];
  const { code, output } = await run('npm', args, folder);
  if (code !== 0) throw new Error(`npm install of ${name} failed:\n${output}`);
  return folder;
}

/** Runs a command as a user would, without what Jest and npm put into the environment of this process. */
export function run(command: string, args: string[], cwd: string): Promise<{ code: number | null; output: string }> {
  const own = Object.entries(process.env).filter(
    ([key]) => !/^(NODE_ENV|NODE_OPTIONS|JEST_\w+|npm_(lifecycle|package|command)\w*)$/.test(key),
  );
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env: Object.fromEntries(own) });
    let output = '';
    let errors = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
    child.on('error', reject);
    child.on('close', code => resolve({ code, output: code === 0 ? output : `${output}${errors}` }));
  });
}
