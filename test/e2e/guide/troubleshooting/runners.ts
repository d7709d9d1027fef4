import { spawn } from 'node:child_process';
import { join } from 'node:path';
import type { Symptoms } from './symptoms.js';

const root = join(import.meta.dirname, '../../../..');

interface JestRun {
  readonly ended: boolean;
  readonly passed: number;
  readonly said: string;
}

/** Runs tests of `not-closed.ts` in a Jest of its own, which is ended when it says that it does not end. */
export function runJest(tests: string): Promise<JestRun> {
  const { NODE_OPTIONS: _, JEST_WORKER_ID: _worker, ...env } = process.env;
  const jest = ['--disable-warning=ExperimentalWarning', '--experimental-vm-modules', 'node_modules/jest/bin/jest.js'];
  const only = ['--runInBand', '--testMatch', '**/troubleshooting/not-closed.ts', '-t', tests];
  const child = spawn(process.execPath, [...jest, ...only], { cwd: root, env });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => {
    said += chunk.toString();
    if (said.includes('did not exit')) child.kill('SIGKILL');
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', code =>
      resolve({ ended: code !== null, passed: Number(/^Tests:.* (\d+) passed/m.exec(said)?.[1]), said }),
    );
  });
}

export const runners: Symptoms = {
  '`Jest did not exit one second after the test run has completed`': async () => {
    const { ended, passed, said } = await runJest('forgets to close');
    expect({ ended, passed }).toEqual({ ended: false, passed: 1 });
    return said.split('\n').filter(line => line.startsWith('Jest did not exit'));
  },
};
