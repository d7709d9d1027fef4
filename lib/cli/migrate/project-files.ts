import { lstatSync, readdirSync, realpathSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { filesInGit } from './git.js';

/** Folders whose files are installed or made. */
const NOT_SOURCES = new Set(['node_modules', 'dist', 'coverage', '.git', '.yarn', '.pnpm-store']);

/** Outside of git also these: there is no list of ignored files. */
const NOT_WALKED = new Set([...NOT_SOURCES, 'build', 'out', '.next', '.nx', '.turbo', '.cache', 'tmp']);

/** The files of a project, by their absolute paths, without symbolic links and whatever lies outside of the folder. */
export function projectFiles(folder: string): string[] {
  const root = realpathSync(folder);
  const inGit = filesInGit(folder)?.filter(file => !file.split('/').some(part => NOT_SOURCES.has(part)));
  const files = inGit?.map(file => join(folder, file)) ?? walk(folder);
  // In conflicts git lists a file more than once.
  return [...new Set(files)].filter(file => isOwnFile(file, root)).toSorted();
}

function walk(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap(entry => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return NOT_WALKED.has(entry.name) ? [] : walk(path);
    return entry.isFile() ? [path] : [];
  });
}

/** A file that is there, no link, and inside of the folder even if one of its folders is a link. */
function isOwnFile(file: string, root: string): boolean {
  try {
    return lstatSync(file).isFile() && !relative(root, realpathSync(file)).startsWith(`..${sep}`);
  } catch {
    return false;
  }
}
