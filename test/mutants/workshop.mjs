// A copy of the repository in which files are changed and tests run; the working tree stays as it is.
import { spawn } from 'node:child_process';
import {
  cpSync,
  existsSync,
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

const COPIED = ['lib', 'test', 'sample', 'docs', 'README.md', 'package.json', 'tsconfig.json'];

export class Workshop {
  constructor(root) {
    // Jest compares real paths.
    this.folder = realpathSync(mkdtempSync(join(tmpdir(), 'nestjs-cqrs-mutants-')));
    for (const name of COPIED) cpSync(join(root, name), join(this.folder, name), { recursive: true });
    symlinkSync(realpathSync(join(root, 'node_modules')), join(this.folder, 'node_modules'), 'junction');
    mkdirSync(join(this.folder, 'tmp'));
  }

  /**
   * Runs test files in one process.
   * @param tests paths within the copy, in the order in which they are to run
   * @param limit milliseconds after which the process is ended
   * @returns the results of Jest by file; 'timeout' if the process was ended; undefined if it gave no results
   */
  async test(tests, { limit, args = [], env = {} }) {
    const output = join(this.folder, 'result.json');
    rmSync(output, { force: true });
    const jest = [
      '--disable-warning=ExperimentalWarning',
      '--experimental-vm-modules',
      'node_modules/jest/bin/jest.js',
    ];
    const child = spawn(
      process.execPath,
      // prettier-ignore
      [...jest, '--runInBand', '--forceExit', '--silent', '--json', `--outputFile=${output}`, `--cacheDirectory=${join(this.folder, 'tmp/cache')}`,
        '--testSequencer=./test/mutants/sequencer.cjs', ...args, '--runTestsByPath', ...tests],
      {
        cwd: this.folder,
        stdio: 'ignore',
        detached: process.platform !== 'win32',
        env: {
          ...process.env,
          CQRS_FUZZ_RUNS: '100',
          ...env,
          TMPDIR: join(this.folder, 'tmp'),
          MUTANTS_ORDER: JSON.stringify(tests),
        },
      },
    );
    const ended = await endOf(child, limit);
    if (!ended) return 'timeout';
    return existsSync(output) ? JSON.parse(readFileSync(output, 'utf8')).testResults : undefined;
  }

  write(file, text) {
    writeFileSync(join(this.folder, file), text);
  }

  close() {
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 3 });
  }
}

/** Resolves with whether a process ended by itself; otherwise it is ended, and the programs that its tests started. */
function endOf(child, limit) {
  return new Promise(resolve => {
    const timer = setTimeout(() => {
      if (process.platform === 'win32') child.kill('SIGKILL');
      else process.kill(-child.pid, 'SIGKILL');
      resolve(false);
    }, limit);
    child.once('exit', () => {
      clearTimeout(timer);
      resolve(true);
    });
  });
}
