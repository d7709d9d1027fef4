import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { jest } from '@jest/globals';

jest.setTimeout(120_000);

/** The short form of `npm run soak`. */
describe('Under load of several tenants on two HTTP platforms', () => {
  it('every step of every request has its own tenant, correlation, REQUEST and store, and the heap comes back', async () => {
    const { code, output, errors } = await soak('--seconds', '20');
    expect({ code, errors }).toEqual({ code: 0, errors: '' });
    expect(output).toMatch(/\| assertions \| [1-9]\d{4,}, 0 wrong \|/);
  });

  it.each([
    ['tenant', /the header says tenant-\d, not not tenant-\d/],
    ['leak', /the heap has grown by [1-9]\d*\.\d MB/],
  ])('the soak would find a fault of the kind "%s"', async (fault, said) => {
    const { code, errors } = await soak('--seconds', '6', '--break', fault);
    expect(code).toBe(1);
    expect(errors).toMatch(said);
  });
});

function soak(...args: string[]): Promise<{ code: number | null; output: string; errors: string }> {
  const hook = pathToFileURL(join(import.meta.dirname, 'compile-hook.mjs')).href;
  const flags = ['--expose-gc', '--disable-warning=ExperimentalWarning', '--import', hook];
  const program = join(import.meta.dirname, '../../soak/main.ts');
  const { NODE_OPTIONS: _, ...env } = process.env;
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [...flags, program, ...args], { env });
    let output = '';
    let errors = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
    child.on('error', reject);
    child.on('close', code => resolve({ code, output, errors }));
  });
}
