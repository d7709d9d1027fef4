import { spawnSync } from 'node:child_process';

/** What git says of a folder. */
export type TreeState = 'clean' | 'dirty' | 'none';

/**
 * Whether all that the git tree of a folder holds is committed; `none` outside of git, where git is missing, and where the
 * repository around the folder ignores it.
 */
export function treeState(folder: string): TreeState {
  // A user may have told git not to list new files.
  const status = git(folder, ['status', '--porcelain', '--untracked-files=normal']);
  if (status === undefined || filesInGit(folder) === undefined) return 'none';
  return status === '' ? 'clean' : 'dirty';
}

/** Files below a folder that git knows or would add, by their relative paths; undefined outside of git. */
export function filesInGit(folder: string): string[] | undefined {
  const files = git(folder, ['ls-files', '-z', '--cached', '--others', '--exclude-standard']);
  const listed = files?.split('\0').filter(file => file !== '');
  // A folder that the repository around it ignores is read like one outside of git.
  return listed?.length === 0 ? undefined : listed;
}

function git(folder: string, args: readonly string[]): string | undefined {
  const { status, stdout } = spawnSync('git', args, { cwd: folder, encoding: 'utf8', maxBuffer: 2 ** 30 });
  return status === 0 ? stdout : undefined;
}
