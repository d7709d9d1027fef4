import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** A text without what differs from run to run: durations, times of day, numbers of lines. */
export const steady = (text: string): string =>
  text
    .replaceAll(/( +)\d[\d,]* ms/g, (_, spaces: string) => `${spaces.slice(0, 2)}N ms`)
    .replaceAll(/\d\d:\d\d:\d\d\.\d{3}/g, 'HH:MM:SS.mmm')
    .replaceAll(/(\.[cm]?[jt]s):\d+/g, '$1:N')
    .replaceAll(/ +(running|waiting)$/gm, '  $1');

/** Compares a text with a file; UPDATE_GOLDEN=1 writes the file. */
export function expectGolden(file: string, text: string): void {
  if (process.env['UPDATE_GOLDEN']) {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, `${steady(text)}\n`);
  }
  expect(existsSync(file) ? readFileSync(file, 'utf8') : undefined).toBe(`${steady(text)}\n`);
}
