import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { run } from '../../../lib/cli/run.js';

const ROOT = join(import.meta.dirname, '../../..');

/** What a command has printed, and how it ended. */
export interface Ended {
  readonly code: number;
  readonly output: string;
  readonly errors: string;
}

/** A project in a folder of its own, on which commands are run as in a terminal. */
export class TemporaryProject implements Disposable {
  readonly folder = realpathSync(mkdtempSync(join(tmpdir(), 'nestjs-cqrs-cli-')));

  constructor(files: Readonly<Record<string, string | Uint8Array>> = {}) {
    for (const [file, content] of Object.entries(files)) this.write(file, content);
  }

  /** Gives the project what this repository has installed: Nest, `@nestjs/cqrs`, TypeScript. */
  withPackages(): this {
    this.link('node_modules', 'node_modules');
    return this;
  }

  /** Makes a folder of the project a link to one of this repository. */
  link(folder: string, target: string): void {
    symlinkSync(join(ROOT, target), join(this.folder, folder));
  }

  /** Commits everything. */
  commit(): this {
    this.write('.gitignore', 'node_modules\n');
    const identity = ['-c', 'user.name=test', '-c', 'user.email=test@localhost', '-c', 'commit.gpgsign=false'];
    for (const args of [
      ['init', '-q', '.'],
      ['add', '-A'],
      [...identity, 'commit', '-q', '-m', 'all'],
    ]) {
      const { status, stderr } = spawnSync('git', args, { cwd: this.folder, encoding: 'utf8' });
      if (status !== 0) throw new Error(`git ${args.join(' ')} failed: ${stderr}`);
    }
    return this;
  }

  write(file: string, content: string | Uint8Array): void {
    mkdirSync(dirname(join(this.folder, file)), { recursive: true });
    writeFileSync(join(this.folder, file), content);
  }

  remove(file: string): void {
    rmSync(join(this.folder, file), { recursive: true });
  }

  read(file: string): string {
    return readFileSync(join(this.folder, file), 'utf8');
  }

  /** Runs `nestjs-cqrs` with arguments in the folder. */
  async run(...args: string[]): Promise<Ended> {
    const output: string[] = [];
    const errors: string[] = [];
    const code = await run(args, {
      folder: this.folder,
      print: text => void output.push(text),
      complain: text => void errors.push(text),
    });
    return { code, output: output.join('\n'), errors: errors.join('\n') };
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
