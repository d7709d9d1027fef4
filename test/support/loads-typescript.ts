import { LOADER_VARIABLE } from '../../lib/cli/wiring/typescript-loader.js';

/** Lets the command line load TypeScript within the process of a test file: Jest does it. Call it once in the file. */
export function loadsTypeScript(): void {
  const before = process.env[LOADER_VARIABLE];

  beforeAll(() => {
    process.env[LOADER_VARIABLE] = 'Jest';
  });

  afterAll(() => {
    if (before === undefined) delete process.env[LOADER_VARIABLE];
    else process.env[LOADER_VARIABLE] = before;
  });
}
