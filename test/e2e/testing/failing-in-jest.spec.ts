import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { jest } from '@jest/globals';

jest.setTimeout(120_000);

const root = join(import.meta.dirname, '../../..');

/** What Jest writes of a file whose tests fail. */
function writtenByJest(file: string): string {
  const program = join(root, 'node_modules/jest/bin/jest.js');
  const args = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning', program, '--runInBand'];
  const { NODE_OPTIONS: _, JEST_WORKER_ID: __, ...env } = process.env;
  const given = ['--testMatch', `**/${file}`, '--coverage=false'];
  const { stderr } = spawnSync(process.execPath, [...args, ...given], { cwd: root, env, encoding: 'utf8' });
  return stripVTControlCharacters(stderr);
}

describe('a test that fails in Jest', () => {
  const written = writtenByJest('failing.jest.ts');

  it('has the text of the kit, and nothing above it', () => {
    expect(written).toContain('2 failed');
    expect(written).toMatch(/● misses a message\n\n +Nothing of type CancelOrder was executed\.\n/);
    expect(written).toMatch(/● expects another message\n\n +RefundPayment sent other commands than expected:\n/);
    expect(written).not.toMatch(/assert\.fail|Message:|AssertionError/);
  });

  it('shows the line of the test', () => {
    expect(written).toMatch(/> \d+ \| +flow\.executed\.only\(CancelOrder\);/);
    expect(written).toMatch(/> \d+ \| +await scenario\(app\)/);
  });
});
