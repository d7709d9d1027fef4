import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';

interface Answer {
  readonly user: string;
  readonly cls: string;
  readonly correlation: string;
  readonly keepsCls: boolean;
}

// nestjs-cls requires Nest, which is ESM only: Node can do that, Jest on this Node cannot.
describe('Next to nestjs-cls', () => {
  it('each keeps its own context, for many requests at once', async () => {
    const hook = pathToFileURL(join(import.meta.dirname, '../faults/compile-hook.mjs')).href;
    const program = join(import.meta.dirname, 'cls-program.ts');
    const { NODE_OPTIONS: _, ...env } = process.env;
    const { stdout } = await promisify(execFile)(process.execPath, ['--import', hook, program], { env });
    const answers = JSON.parse(stdout) as Answer[];
    expect(answers.map(({ user, correlation, keepsCls }) => [user, correlation, keepsCls])).toEqual(
      Array.from({ length: 200 }, (_, i) => [`u${i}`, `c-u${i}`, true]),
    );
    expect(new Set(answers.map(({ cls }) => cls)).size).toBe(200);
  }, 60_000);
});
