import { spawn } from 'node:child_process';
import {
  copyFileSync,
  cpSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const root = join(import.meta.dirname, '../..');
export const consumers = join(import.meta.dirname, 'consumers');

/** The compilers that this repository has beside its own: the oldest promised, the last of the old API, the newest. */
export const COMPILERS = ['typescript-5.5', 'typescript-5.9', 'typescript-7'] as const;

/** The output of a compiler of this repository, run in a consumer. */
export async function compile(compiler: string, project: string, folder: string): Promise<string> {
  const tsc = join(root, 'node_modules', compiler, 'bin/tsc');
  return (await run(process.execPath, [tsc, '-p', project], folder)).output;
}

/**
 * A temporary folder with the packed tarball and, beside it, projects of `consumers/`, each with its own manifest and
 * outside of this repository, as a user has them. Needs a built `dist/` and the npm registry, or a filled npm cache.
 */
export class Workspace {
  readonly folder = mkdtempSync(join(tmpdir(), 'nestjs-cqrs-package-'));
  readonly tarball = join(this.folder, 'nestjs-cqrs.tgz');
  private readonly installed = new Map<string, Promise<string>>();

  /** Packs the tarball, and gives the paths of the files in it. */
  async pack(): Promise<string[]> {
    const { output } = await run('npm', ['pack', '--json', '--pack-destination', this.folder], root);
    const [{ filename, files }] = JSON.parse(output) as [{ filename: string; files: { path: string }[] }];
    renameSync(join(this.folder, filename), this.tarball);
    return files.map(file => file.path);
  }

  /**
   * Copies a consumer and what it shares with others, and installs its dependencies; once.
   * @param base a consumer with a part of these dependencies: npm installs the rest beside its packages
   */
  async install(name: string, shared: string[] = [], base?: string): Promise<string> {
    const installed = this.installed.get(name) ?? this.installNow(name, base);
    this.installed.set(name, installed);
    const folder = await installed;
    for (const file of shared) cpSync(join(consumers, 'shared', file), join(folder, file));
    return folder;
  }

  private async installNow(name: string, base: string | undefined): Promise<string> {
    const from = base === undefined ? undefined : await this.install(base);
    const folder = this.copy(name);
    if (from !== undefined) linkPackages(from, folder);
    return this.installIn(folder);
  }

  /** Installs what the manifest of a folder asks for. */
  async installIn(folder: string): Promise<string> {
    // Installed as from the registry: npm would link a folder.
    const args = ['install', '--install-links', '--prefer-offline', '--no-audit', '--no-fund'];
    const { code, output } = await run('npm', args, folder);
    if (code !== 0) throw new Error(`npm install in ${folder} failed:\n${output}`);
    return folder;
  }

  /** Copies a consumer, and installs nothing. */
  copy(name: string): string {
    const folder = join(this.folder, name);
    cpSync(join(consumers, name), folder, { recursive: true });
    return folder;
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/**
 * Gives a consumer the installed packages of another, as hard links: what takes npm most time is to write files. npm
 * itself adds and replaces files of packages, and writes into none; the two lists of what is there are copies.
 */
function linkPackages(from: string, to: string): void {
  const lists = ['package-lock.json', 'node_modules/.package-lock.json'];
  linkFolder(join(from, 'node_modules'), join(to, 'node_modules'));
  for (const list of lists) {
    rmSync(join(to, list), { force: true });
    copyFileSync(join(from, list), join(to, list));
  }
}

function linkFolder(from: string, to: string): void {
  mkdirSync(to);
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) linkFolder(source, target);
    else if (entry.isSymbolicLink()) symlinkSync(readlinkSync(source), target);
    else linkSync(source, target);
  }
}

interface Result {
  readonly code: number | null;
  /** What it printed, and only if it failed also its errors. */
  readonly output: string;
}

/** The environment of this process without what Jest and npm put into it. */
export const userEnvironment = (): NodeJS.ProcessEnv =>
  Object.fromEntries(
    Object.entries(process.env).filter(
      ([key]) => !/^(NODE_ENV|NODE_OPTIONS|JEST_\w+|npm_(lifecycle|package|command)\w*)$/.test(key),
    ),
  );

/** Runs a command as a user would. */
export function run(command: string, args: string[], cwd: string, input = ''): Promise<Result> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env: userEnvironment() });
    let output = '';
    let errors = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
    child.stdin.end(input);
    child.on('error', reject);
    child.on('close', code => resolve({ code, output: code === 0 ? output : `${output}${errors}` }));
  });
}
