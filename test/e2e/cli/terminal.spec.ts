import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import { LOADER_VARIABLE } from '../../../lib/cli/wiring/typescript-loader.js';
import { compileHook } from '../../support/program.js';

jest.setTimeout(60_000);

const root = join(import.meta.dirname, '../../..');

function started(variables: NodeJS.ProcessEnv) {
  const { NODE_OPTIONS: _, FORCE_COLOR: __, NO_COLOR: ___, ...env } = process.env;
  const args = ['wiring', 'sample/00-getting-started/src/app.module.ts'];
  return spawn(process.execPath, ['--import', compileHook, join(root, 'lib/cli/main.ts'), ...args], {
    cwd: root,
    env: { ...env, [LOADER_VARIABLE]: 'the compile hook', ...variables },
  });
}

async function output(variables: NodeJS.ProcessEnv): Promise<string> {
  const child = started(variables);
  child.stdout.setEncoding('utf8');
  let text = '';
  for await (const part of child.stdout) text += part as string;
  return text;
}

describe('the output of nestjs-cqrs', () => {
  it('has colours on a terminal or with FORCE_COLOR, none in a pipe and with NO_COLOR', async () => {
    const [inPipe, forced, refused] = await Promise.all([
      output({}),
      output({ FORCE_COLOR: '1' }),
      output({ FORCE_COLOR: '1', NO_COLOR: '1' }),
    ]);
    expect(forced).toContain('\u001B[1mCommands\u001B[22m');
    expect(inPipe).toMatch(/^Commands\n/);
    expect(refused).toBe(inPipe);
  });

  it('may be read in part, as by head', async () => {
    const child = started({});
    child.stdout.destroy();
    let errors = '';
    child.stderr.on('data', part => (errors += String(part)));
    const [code] = (await once(child, 'close')) as [number];
    expect({ code, errors }).toEqual({ code: 0, errors: '' });
  });
});
