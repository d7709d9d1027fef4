import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const root = join(import.meta.dirname, '../..');
export const consumers = join(import.meta.dirname, 'consumers');

/**
 * A temporary folder with the packed tarball and, beside it, projects of `consumers/`, each with its own manifest and
 * outside of this repository, as a user has them. Needs a built `dist/` and the npm registry, or a filled npm cache.
 */
export class Workspace {
  readonly folder = mkdtempSync(join(tmpdir(), 'nestjs-cqrs-package-'));
  readonly tarball = join(this.folder, 'nestjs-cqrs.tgz');

  /** Packs the tarball, and gives the paths of the files in it. */
  async pack(): Promise<string[]> {
    const { output } = await run('npm', ['pack', '--json', '--pack-destination', this.folder], root);
    const [{ filename, files }] = JSON.parse(output) as [{ filename: string; files: { path: string }[] }];
    renameSync(join(this.folder, filename), this.tarball);
    return files.map(file => file.path);
  }

  /** Copies a consumer and what it shares with others, and installs its dependencies. */
  async install(name: string, shared: string[] = []): Promise<string> {
    const folder = this.copy(name);
    for (const file of shared) cpSync(join(consumers, 'shared', file), join(folder, file));
    // Installed as from the registry: npm would link a folder.
    const args = ['install', '--install-links', '--prefer-offline', '--no-audit', '--no-fund'];
    const { code, output } = await run('npm', args, folder);
    if (code !== 0) throw new Error(`npm install of ${name} failed:\n${output}`);
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

interface Result {
  readonly code: number | null;
  /** What it printed, and only if it failed also its errors. */
  readonly output: string;
}

/** Runs a command as a user would, without what Jest and npm put into the environment of this process. */
export function run(command: string, args: string[], cwd: string, input = ''): Promise<Result> {
  const own = Object.entries(process.env).filter(
    ([key]) => !/^(NODE_ENV|NODE_OPTIONS|JEST_\w+|npm_(lifecycle|package|command)\w*)$/.test(key),
  );
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env: Object.fromEntries(own) });
    let output = '';
    let errors = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
    child.stdin.end(input);
    child.on('error', reject);
    child.on('close', code => resolve({ code, output: code === 0 ? output : `${output}${errors}` }));
  });
}
