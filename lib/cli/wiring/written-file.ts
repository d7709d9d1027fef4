import { readFileSync } from 'node:fs';
import { WrongUse } from '../command.js';

export type Fields = Readonly<Record<string, unknown>>;

/** A file of JSON that a command or a test has written, and that others may have changed since. */
export interface WrittenFile {
  readonly path: string;
  /** As on the command line. */
  readonly name: string;
  /** What it should be. */
  readonly what: string;
  readonly remedy: string;
}

/** @throws WrongUse for what is not JSON, as after a merge with conflicts, and for what is not an object */
export function fieldsOf(file: WrittenFile): Fields {
  let read: unknown;
  try {
    read = JSON.parse(readFileSync(file.path, 'utf8'));
  } catch (error) {
    throw broken(file, (error as Error).message.replace(/\s+/g, ' '));
  }
  if (!isFields(read)) throw broken(file, 'it holds no object');
  return read;
}

export const broken = ({ name, what, remedy }: WrittenFile, why: string): WrongUse =>
  new WrongUse(`${name} is not ${what}: ${why}. ${remedy}`);

export const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
