import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { steady } from '../support/golden.js';
import { run } from './workspace.js';

/** What the kit says in every runner: of a message, of a failure that nothing handled, of work that does not end. */
export const KIT_TEXTS = ['failing-recording', 'failing-handler', 'failing-time-out'] as const;

/** What a test that fails should say. */
const textOf = (name: string): string => flat(readFileSync(join(import.meta.dirname, 'texts', `${name}.txt`), 'utf8'));

/** Runners indent a text in ways of their own, and run files of other names. */
const flat = (text: string): string =>
  steady(stripVTControlCharacters(text))
    .replaceAll(/[\w.-]+\.[jt]s:N/g, 'orders.ts:N')
    .split('\n')
    .map(line => line.replaceAll(/^[\s→|]+/g, '').trimEnd())
    .join('\n')
    .trim();

/** Runs tests of a consumer that fail, and reads what the runner writes. */
export async function expectTexts(folder: string, command: readonly string[], ...texts: string[]): Promise<void> {
  const [program, ...args] = command;
  const { code, output } = await run(program!, args, folder, '', { CQRS_FAIL: '1', NO_COLOR: '1' });
  for (const name of texts) expect(flat(output)).toContain(textOf(name));
  expect(code).not.toBe(0);
}
