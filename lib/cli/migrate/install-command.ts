import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { OWN_NAME } from './package-name.js';

const BY_LOCK: readonly [lock: string, manager: string][] = [
  ['pnpm-lock.yaml', 'pnpm'],
  ['yarn.lock', 'yarn'],
  ['bun.lock', 'bun'],
  ['bun.lockb', 'bun'],
  ['package-lock.json', 'npm'],
  ['npm-shrinkwrap.json', 'npm'],
];

/** Adds the package if no package.json declares it. */
export function installCommand(folder: string, isDeclared: boolean): string {
  const manager = managerOf(folder);
  if (isDeclared) return `${manager} install`;
  return `${manager} ${manager === 'npm' ? 'install' : 'add'} ${OWN_NAME}`;
}

function managerOf(folder: string): string {
  const found = BY_LOCK.find(([lock]) => existsSync(join(folder, lock)));
  if (found) return found[1];
  const above = dirname(folder);
  return above === folder ? 'npm' : managerOf(above);
}
