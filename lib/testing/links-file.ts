import { closeSync, existsSync, openSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { randomUUID } from 'node:crypto';
import type { WiringLink, WiringObserved } from '../index.js';

const SCHEMA = 'nestjs-cqrs/observed@1';

/** A process has its turn for a few milliseconds. One that has it for so many looks, 10 s, was killed. */
const MOST_LOOKS = 2_000;

const BETWEEN_LOOKS = 5;

/**
 * Adds what was seen to a file. Several processes may do so at a time: one after another, each replaces the whole file.
 * Synchronous, for a process that ends.
 * @param mostLooks at a turn of another process
 * @throws Error if the file is another one
 */
export function addToFile(file: string, seen: WiringObserved, mostLooks = MOST_LOOKS): void {
  const lock = `${file}.lock`;
  takeTurn(lock, mostLooks);
  try {
    const before = existsSync(file) ? read(file) : undefined;
    const merged = before === undefined ? seen : merge(before, seen);
    const complete = `${file}.${randomUUID()}`;
    writeFileSync(complete, `${JSON.stringify({ schema: SCHEMA, ...merged }, undefined, 2)}\n`);
    renameSync(complete, file);
  } finally {
    rmSync(lock, { force: true });
  }
}

function read(file: string): WiringObserved {
  try {
    const { schema, ...seen } = JSON.parse(readFileSync(file, 'utf8')) as WiringObserved & { readonly schema?: string };
    if (schema === SCHEMA && areLinks(seen)) return seen;
  } catch {
    // Told below.
  }
  throw new Error(`${file} is not a file of collectLinks(): remove it, or name another.`);
}

const areLinks = ({ since, links }: Partial<WiringObserved>): boolean =>
  typeof since === 'string' &&
  Array.isArray(links) &&
  links.every((link: Partial<WiringLink> | null) => typeof link?.from === 'string' && typeof link.to === 'string');

function merge(one: WiringObserved, other: WiringObserved): WiringObserved {
  const byPair = new Map<string, WiringLink>();
  for (const { from, to, count } of [...one.links, ...other.links]) {
    const key = `${to} ${from}`;
    byPair.set(key, { from, to, count: count + (byPair.get(key)?.count ?? 0) });
  }
  const missed = (one.missed ?? 0) + (other.missed ?? 0);
  return {
    since: one.since < other.since ? one.since : other.since,
    links: [...byPair.keys()].toSorted().map(key => byPair.get(key)!),
    ...(missed > 0 && { missed }),
  };
}

/** Looks are counted: tests may have another clock. */
function takeTurn(lock: string, mostLooks: number): void {
  let looks = 0;
  let seen = '';
  while (!begins(lock)) {
    const turn = turnOf(lock);
    looks = turn === seen ? looks + 1 : 0;
    seen = turn;
    if (looks > mostLooks) takeAway(lock, turn);
    else sleep(BETWEEN_LOOKS);
  }
}

function begins(lock: string): boolean {
  try {
    closeSync(openSync(lock, 'wx'));
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** Another process may do the same: then this one has taken away a new turn, and gives it back. */
function takeAway(lock: string, turn: string): void {
  const own = `${lock}.${randomUUID()}`;
  try {
    renameSync(lock, own);
    if (turnOf(own) === turn) rmSync(own);
    else renameSync(own, lock);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

/** Differs for each turn; empty if it is over. */
function turnOf(file: string): string {
  const found = statSync(file, { throwIfNoEntry: false });
  return found === undefined ? '' : `${found.ino} ${found.mtimeMs}`;
}

const sleep = (milliseconds: number): void => {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
};
