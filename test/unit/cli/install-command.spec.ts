import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { installCommand } from '../../../lib/cli/migrate/install-command.js';

const LOCKS: readonly [lock: string, command: string][] = [
  ['pnpm-lock.yaml', 'pnpm add nestjs-cqrs'],
  ['yarn.lock', 'yarn add nestjs-cqrs'],
  ['bun.lock', 'bun add nestjs-cqrs'],
  ['bun.lockb', 'bun add nestjs-cqrs'],
  ['package-lock.json', 'npm install nestjs-cqrs'],
  ['npm-shrinkwrap.json', 'npm install nestjs-cqrs'],
];

describe('The command that installs the package', () => {
  let root: string;
  let folder: string;

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'nestjs-cqrs-'));
    folder = join(root, 'packages/shop');
    mkdirSync(folder, { recursive: true });
  });
  afterEach(() => rmSync(root, { recursive: true }));

  it.each(LOCKS)('follows %s: %s', (lock, command) => {
    const other = lock.startsWith('p') && lock.endsWith('yaml') ? 'yarn.lock' : 'pnpm-lock.yaml';
    writeFileSync(join(root, other), '');
    writeFileSync(join(folder, lock), '');
    expect(installCommand(folder, false)).toBe(command);
    expect(installCommand(folder, true)).toBe(`${command.split(' ')[0]} install`);
  });

  it.each(LOCKS)('follows %s of a folder above: %s', (lock, command) => {
    writeFileSync(join(root, lock), '');
    expect(installCommand(folder, false)).toBe(command);
  });

  it('is that of npm without any lock file', () => {
    expect(installCommand(folder, false)).toBe('npm install nestjs-cqrs');
  });
});
