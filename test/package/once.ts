import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** What work gave, as JSON, for those who wait for it in other processes. */
type Outcome<T> = { readonly value: T } | { readonly error: string };

/** Work takes so many milliseconds at most: whoever began it may have been ended. */
const LIMIT = 230_000;

/**
 * Does work once for all who use a folder, also in other processes: the first does it, and the others wait for it and
 * get the same. All get the error if it fails.
 */
export async function once<T>(folder: string, name: string, work: () => Promise<T>): Promise<T> {
  const file = join(folder, `${name}.done`);
  if (isFirst(join(folder, `${name}.begun`))) await write(file, work);
  for (const end = Date.now() + LIMIT; !existsSync(file); await sleep(100)) {
    if (Date.now() > end) throw new Error(`${name} was begun by another test file, and is not done.`);
  }
  const outcome = JSON.parse(readFileSync(file, 'utf8')) as Outcome<T>;
  if ('error' in outcome) throw new Error(outcome.error);
  return outcome.value;
}

/** Of all who make a folder, one succeeds. */
function isFirst(folder: string): boolean {
  try {
    mkdirSync(folder);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** The file is there all at once. */
async function write<T>(file: string, work: () => Promise<T>): Promise<void> {
  const outcome = await work().then(
    (value): Outcome<T> => ({ value }),
    (error: unknown): Outcome<T> => ({ error: error instanceof Error ? error.message : String(error) }),
  );
  writeFileSync(`${file}.new`, JSON.stringify(outcome));
  renameSync(`${file}.new`, file);
}
