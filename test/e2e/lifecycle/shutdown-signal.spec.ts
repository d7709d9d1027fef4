import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';

const hook = pathToFileURL(join(import.meta.dirname, '../faults/compile-hook.mjs')).href;
const program = join(import.meta.dirname, 'shutdown-signal-program.ts');

/** Starts the program, lets it work, sends SIGTERM, and says what it printed and how it ended. */
async function run(environment: Record<string, string> = {}) {
  const { NODE_OPTIONS: _, ...env } = process.env;
  const child = spawn(process.execPath, ['--import', hook, program], { env: { ...env, ...environment } });
  const errors: string[] = [];
  child.stderr.on('data', (data: Buffer) => errors.push(String(data)));
  const lines: string[] = [];
  const exit = once(child, 'exit');
  const output = createInterface(child.stdout);
  const [url] = (await once(output, 'line')) as [string];
  output.on('line', line => lines.push(line));
  const response = await fetch(url, { method: 'POST' });
  child.kill('SIGTERM');
  const [, signal] = (await exit) as [number | null, string | null];
  return { status: response.status, lines, signal, errors };
}

describe('A process that is told to end by SIGTERM', () => {
  it('finishes what its handlers do before it ends by that signal', async () => {
    const { status, lines, signal, errors } = await run();
    expect(errors).toEqual([]);
    expect(status).toBe(201);
    expect(lines.toSorted()).toEqual(['closing', 'command handled', 'event handled']);
    expect(signal).toBe('SIGTERM');
  }, 60_000);

  it('ends though a handler never settles', async () => {
    const { lines, signal } = await run({ HANGS: '1' });
    expect(lines).toContain('event handled');
    expect(signal).toBe('SIGTERM');
  }, 60_000);
});
