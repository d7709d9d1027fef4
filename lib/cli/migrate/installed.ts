import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';

export interface Manifest {
  readonly name?: string;
  readonly version?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

export interface Installed {
  /** Without links: its own dependencies resolve from there. */
  readonly folder: string;
  readonly manifest: Manifest;
}

export function installedPackage(name: string, folder: string): Installed | undefined {
  const found = join(folder, 'node_modules', name);
  const file = join(found, 'package.json');
  if (existsSync(file)) {
    return { folder: realpathSync(found), manifest: parsedManifest(readFileSync(file, 'utf8')) ?? {} };
  }
  const above = dirname(folder);
  return above === folder ? undefined : installedPackage(name, above);
}

/** Undefined unless the JSON is an object. */
export function parsedManifest(text: string): Manifest | undefined {
  try {
    const value: unknown = JSON.parse(text.replace(/^\uFEFF/, ''));
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
