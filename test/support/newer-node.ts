import { spawnSync } from 'node:child_process';

/**
 * A later Node than that of the tests, which npm downloads once.
 * @returns the path of its program; undefined where npx does not get it
 */
export function newerNode(major: number): string | undefined {
  const { NODE_OPTIONS: _, JEST_WORKER_ID: __, ...env } = process.env;
  const args = ['-y', '-p', `node@${major}`, 'node', '--print', 'process.execPath'];
  const found = spawnSync('npx', args, { env, encoding: 'utf8', timeout: 120_000 });
  return found.status === 0 ? found.stdout.trim() : undefined;
}
