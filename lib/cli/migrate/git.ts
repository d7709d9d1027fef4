import { spawnSync } from 'node:child_process';

export type TreeState = 'clean' | 'dirty' | 'none';

/** `none`: outside git, without git, or git ignores the folder. */
export function treeState(folder: string): TreeState {
  // Git may be configured not to list new files.
  const status = git(folder, ['status', '--porcelain', '--untracked-files=normal']);
  if (status === undefined || filesInGit(folder) === undefined) return 'none';
  return status === '' ? 'clean' : 'dirty';
}

/** Relative paths; undefined outside git. */
export function filesInGit(folder: string): string[] | undefined {
  const files = git(folder, ['ls-files', '-z', '--cached', '--others', '--exclude-standard']);
  const listed = files?.split('\0').filter(file => file !== '');
  // An ignored folder is read as if outside git.
  return listed?.length === 0 ? undefined : listed;
}

function git(folder: string, args: readonly string[]): string | undefined {
  const { status, stdout } = spawnSync('git', args, { cwd: folder, encoding: 'utf8', maxBuffer: Infinity });
  return status === 0 ? stdout : undefined;
}
