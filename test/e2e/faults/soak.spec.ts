import { join } from 'node:path';
import { jest } from '@jest/globals';
import { runProgram } from './program.js';

jest.setTimeout(120_000);

const soak = (...args: string[]) => runProgram(join(import.meta.dirname, '../../soak/main.ts'), args, ['--expose-gc']);

/** The short form of `npm run soak`: a leak of 1 KiB for each of so many requests is more than the heap may grow. */
describe('Under load of several tenants on two HTTP platforms', () => {
  it('every step of every request has its own tenant, correlation, REQUEST and store, and the heap comes back', async () => {
    const { code, output, errors } = await soak('--requests', '6000');
    expect({ code, errors }).toEqual({ code: 0, errors: '' });
    expect(output).toMatch(/\| assertions \| [1-9]\d{4,}, 0 wrong \|/);
  });

  it.each([
    ['tenant', /the header says tenant-\d, not not tenant-\d/],
    ['leak', /the heap has grown by [1-9]\d*\.\d MB/],
  ])('the soak would find a fault of the kind "%s"', async (fault, said) => {
    const { code, errors } = await soak('--requests', '1500', '--break', fault);
    expect(code).toBe(1);
    expect(errors).toMatch(said);
  });
});
