import { lstatSync, readdirSync, realpathSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { filesInGit } from './git.js';

const NOT_SOURCES = new Set(['node_modules', 'dist', 'coverage', '.git', '.yarn', '.pnpm-store']);

/** Outside git no list of ignored files exists. */
const NOT_WALKED = new Set([...NOT_SOURCES, 'build', 'out', '.next', '.nx', '.turbo', '.cache', 'tmp']);

/** Absolute paths, without symbolic links and files outside the folder. */
export function projectFiles(folder: string): string[] {
  const root = realpathSync(folder);
  const inGit = filesInGit(folder)?.filter(file => !file.split('/').some(part => NOT_SOURCES.has(part)));
  const files = inGit?.map(file => join(folder, file)) ?? walk(folder);
  // During conflicts git lists a file repeatedly.
  return [...new Set(files)].filter(file => isOwnFile(file, root)).toSorted();
}

function walk(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap(entry => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return NOT_WALKED.has(entry.name) ? [] : walk(path);
    return entry.isFile() ? [path] : [];
  });
}

/** A parent folder may be a link too. */
function isOwnFile(file: string, root: string): boolean {
  try {
    return lstatSync(file).isFile() && !relative(root, realpathSync(file)).startsWith(`..${sep}`);
  } catch {
    return false;
  }
}
