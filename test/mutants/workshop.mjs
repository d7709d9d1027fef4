// A copy of the repository in which files are changed and tests run; the working tree stays as it is.
import { spawn } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const PAGES = ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', 'SECURITY.md', 'LICENSE'];

const COPIED = ['lib', 'test', 'sample', 'docs', ...PAGES, 'package.json', 'tsconfig.json'];

const COMPILER = ['node_modules/typescript-7/bin/tsc', '--noEmit'];

const JEST = ['--disable-warning=ExperimentalWarning', '--experimental-vm-modules', 'node_modules/jest/bin/jest.js'];

/** A slow machine is no failure; and a few hostile envelopes say as much as a thousand. */
const PATIENCE = { args: ['--testTimeout=20000'], env: { CQRS_FUZZ_RUNS: '100' } };

/** Milliseconds. */
const LIMIT_TO_COMPILE = 120_000;

/** How the run of some test files has ended. */
const TIMEOUT = 'timeout';

export class Workshop {
  constructor(root) {
    // Jest compares real paths. Packages are not above the temporary files: tests make projects without any there.
    this.all = realpathSync(mkdtempSync(join(tmpdir(), 'nestjs-cqrs-mutants-')));
    // PostgreSQL runs as another user.
    chmodSync(this.all, 0o755);
    this.folder = join(this.all, 'repository');
    this.temporary = join(this.all, 'tmp');
    mkdirSync(this.temporary);
    mkdirSync(this.folder);
    for (const name of COPIED) cpSync(join(root, name), join(this.folder, name), { recursive: true });
    symlinkSync(realpathSync(join(root, 'node_modules')), join(this.folder, 'node_modules'), 'junction');
  }

  /**
   * Runs test files in one process.
   * @param tests paths within the copy, in the order in which they are to run
   * @param limit milliseconds after which the process is ended
   * @returns the exit code, or 'timeout', and of each file that ran whether a test failed, and how long it took
   */
  async test(tests, { limit, args = [], env = {} }) {
    const { temporary } = this;
    const results = join(this.all, 'results');
    writeFileSync(results, '');
    const own = { TMPDIR: temporary, MUTANTS_RESULTS: results, MUTANTS_ORDER: JSON.stringify(tests) };
    const child = spawn(
      process.execPath,
      [
        ...JEST,
        '--runInBand',
        '--forceExit',
        `--cacheDirectory=${join(temporary, 'cache')}`,
        '--reporters=./test/mutants/reporter.mjs',
        '--testSequencer=./test/mutants/sequencer.cjs',
        ...PATIENCE.args,
        ...args,
        '--runTestsByPath',
        ...tests,
      ],
      {
        cwd: this.folder,
        stdio: 'ignore',
        detached: process.platform !== 'win32',
        env: { ...process.env, ...PATIENCE.env, ...own, ...env },
      },
    );
    const code = await endOf(child, limit);
    const lines = readFileSync(results, 'utf8').trim().split('\n').filter(Boolean);
    return { code, files: lines.map(line => this.#relative(JSON.parse(line))) };
  }

  /** Whether `npm run typecheck` accepts `lib` as it is in the copy. Throws where the compiler does not say. */
  async compiles() {
    const child = spawn(process.execPath, COMPILER, {
      cwd: this.folder,
      stdio: 'ignore',
      detached: process.platform !== 'win32',
    });
    const code = await endOf(child, LIMIT_TO_COMPILE);
    if (typeof code !== 'number') throw new Error('The compiler was ended before it had an answer.');
    return code === 0;
  }

  #relative({ path, ...result }) {
    return { ...result, test: path.slice(this.folder.length + 1).replaceAll('\\', '/') };
  }

  write(file, text) {
    writeFileSync(join(this.folder, file), text);
  }

  close() {
    rmSync(this.all, { recursive: true, force: true, maxRetries: 3 });
  }
}

/** Resolves with the exit code of a process; after the limit it is ended with the programs that its tests started. */
function endOf(child, limit) {
  return new Promise(resolve => {
    const timer = setTimeout(() => {
      if (process.platform === 'win32') child.kill('SIGKILL');
      else process.kill(-child.pid, 'SIGKILL');
      resolve(TIMEOUT);
    }, limit);
    child.once('exit', code => {
      clearTimeout(timer);
      resolve(code);
    });
  });
}
