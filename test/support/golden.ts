import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** A text without what differs from run to run: durations, times of day, numbers of lines. */
export const steady = (text: string): string =>
  text
    .replaceAll(/( +)\d[\d,]* ms/g, (_, spaces: string) => `${spaces.slice(0, 2)}N ms`)
    .replaceAll(/\d\d:\d\d:\d\d\.\d{3}/g, 'HH:MM:SS.mmm')
    .replaceAll(/(\.[cm]?[jt]s):\d+/g, '$1:N')
    .replaceAll(/ +(running|waiting)$/gm, '  $1');

/** The text that a file has; UPDATE_GOLDEN=1 writes what is given into it. */
export function goldenText(file: string, given: string): string {
  if (process.env['UPDATE_GOLDEN']) {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, `${given}\n`);
  }
  return existsSync(file) ? readFileSync(file, 'utf8').replace(/\n$/, '') : `(${file} is missing)`;
}
