import { accessSync, constants, readFileSync, writeFileSync } from 'node:fs';
import { type Change, changedText } from './change.js';

export class NotWritten extends Error {}

/**
 * Writes nothing if a file is not writable or has changed meanwhile.
 * @throws NotWritten
 */
export function writeChanges(changes: readonly Change[]): void {
  const written: string[] = [];
  for (const { source } of changes) {
    attempt(source.file, written, () => accessSync(source.file, constants.R_OK | constants.W_OK));
    if (readFileSync(source.file, 'utf8') !== source.text) {
      throw new NotWritten(`${source.file} has changed since it was read. Nothing was written: run migrate again.`);
    }
  }
  for (const change of changes) {
    attempt(change.source.file, written, () => writeFileSync(change.source.file, changedText(change)));
    written.push(change.source.file);
  }
}

function attempt(file: string, written: readonly string[], action: () => void): void {
  try {
    action();
  } catch (error) {
    const rest = written.length === 0 ? 'Nothing was written.' : ['Already written:', ...written].join('\n  ');
    throw new NotWritten(`${file} cannot be written: ${(error as Error).message}. ${rest}`);
  }
}
