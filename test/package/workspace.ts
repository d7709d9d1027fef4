import { spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { once } from './once.js';

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
 * Consumers that have their packages in common, which npm then writes once. Those of a `plain` group are without all
 * optional peers, or all but the two of class-transformer and class-validator: what is absent is a part of the test.
 */
const TOGETHER: Readonly<Record<string, readonly string[]>> = {
  'nest-12': ['bundlers', 'nest-12-bundle', 'nest-12-jest-esm', 'nest-12-vitest', 'node-import', 'node-test'],
  'nest-12-plain': ['no-optional-peers', 'type-resolution'],
  'nest-11': ['deep-paths', 'nest-11-remote', 'nest-11-ts-jest'],
  'nest-11-plain': ['node-require', 'nest-11-bundle'],
};

/**
 * A temporary folder with the packed tarball and, beside it, projects of `consumers/`, each with its own manifest and
 * outside of this repository, as a user has them. Needs a built `dist/` and the npm registry, or a filled npm cache.
 */
export class Workspace {
  /** `test/run.mjs` gives one to all test files, in which each uses projects of its own, and removes it. */
  private readonly given = process.env['CQRS_PACKAGE_FOLDER'];
  readonly folder = this.given ?? mkdtempSync(join(tmpdir(), 'nestjs-cqrs-package-'));
  readonly tarball = join(this.folder, 'nestjs-cqrs.tgz');

  /** Packs the tarball, and gives the paths of the files in it. */
  pack(): Promise<string[]> {
    return once(this.folder, 'tarball', async () => {
      const { output } = await run('npm', ['pack', '--json', '--pack-destination', this.folder], root);
      const [{ filename, files }] = JSON.parse(output) as [{ filename: string; files: { path: string }[] }];
      renameSync(join(this.folder, filename), this.tarball);
      return files.map(file => file.path);
    });
  }

  /** Copies a consumer and what it shares with others, and installs its dependencies; once. */
  install(name: string, shared: readonly string[] = []): Promise<string> {
    return once(this.folder, name, async () => {
      const folder = this.copy(name);
      for (const file of shared) cpSync(join(consumers, 'shared', file), join(folder, file));
      const group = Object.keys(TOGETHER).find(one => TOGETHER[one]!.includes(name));
      if (group === undefined) return this.installIn(folder);
      symlinkSync(join(await this.installGroup(group), 'node_modules'), join(folder, 'node_modules'));
      return folder;
    });
  }

  /** Installs what all consumers of a group ask for. */
  private installGroup(group: string): Promise<string> {
    return once(this.folder, `packages of ${group}`, async () => {
      const folder = join(this.folder, group);
      const dependencies = dependenciesOf(TOGETHER[group]!);
      for (const version of Object.values(dependencies)) await this.copyLibrary(version);
      mkdirSync(folder);
      writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, dependencies }));
      return this.installIn(folder);
    });
  }

  /** Copies the library of `consumers/` that a version such as `file:../library` stands for. */
  private async copyLibrary(version: string): Promise<void> {
    const [, library] = /^file:\.\.\/([\w-]+)$/.exec(version) ?? [];
    if (library !== undefined) await once(this.folder, library, async () => this.copy(library));
  }

  /** Installs what the manifest of a folder asks for; with more options of `npm install`, if any. */
  async installIn(folder: string, ...options: string[]): Promise<string> {
    writeFileSync(join(folder, 'package-lock.json'), JSON.stringify(this.lockOf(folder)));
    // Installed as from the registry: npm would link a folder.
    const args = ['install', '--install-links', '--prefer-offline', '--no-audit', '--no-fund', ...options];
    const { code, output } = await run('npm', args, folder);
    if (code !== 0) throw new Error(`npm install in ${folder} failed:\n${output}`);
    return folder;
  }

  /**
   * What a registry would tell of this package, before npm gets the tarball. Of a file npm unpacks all once to read its
   * manifest, deletes it and unpacks it again: half of the time of a small project.
   */
  private lockOf(folder: string): object {
    const { dependencies } = manifestIn(folder);
    const { version, bin, engines, peerDependencies, peerDependenciesMeta } = manifestIn(root);
    const resolved = `file:${relative(folder, this.tarball).replaceAll('\\', '/')}`;
    const tarball = { version, resolved, bin, engines, peerDependencies, peerDependenciesMeta };
    return {
      lockfileVersion: 3,
      requires: true,
      packages: { '': { dependencies }, 'node_modules/nestjs-cqrs': tarball },
    };
  }

  /** Copies a consumer, and installs nothing. */
  copy(name: string): string {
    const folder = join(this.folder, name);
    cpSync(join(consumers, name), folder, { recursive: true });
    return folder;
  }

  remove(): void {
    if (this.given === undefined) rmSync(this.folder, { recursive: true, force: true });
  }
}

interface Manifest extends Record<string, unknown> {
  readonly dependencies: Record<string, string>;
}

const manifestIn = (folder: string): Manifest =>
  JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;

/** What consumers ask for; they agree on every version. */
function dependenciesOf(names: readonly string[]): Record<string, string> {
  const all: Record<string, string> = {};
  for (const name of names) {
    for (const [dependency, version] of Object.entries(manifestIn(join(consumers, name)).dependencies)) {
      all[dependency] ??= version;
      if (all[dependency] !== version)
        throw new Error(`${name} asks for ${dependency} ${version}, and another consumer for ${all[dependency]}.`);
    }
  }
  return all;
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
export function run(
  command: string,
  args: string[],
  cwd: string,
  input = '',
  variables: NodeJS.ProcessEnv = {},
): Promise<Result> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env: { ...userEnvironment(), ...variables } });
    let output = '';
    let errors = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
    child.stdin.end(input);
    child.on('error', reject);
    child.on('close', code => resolve({ code, output: code === 0 ? output : `${output}${errors}` }));
  });
}
