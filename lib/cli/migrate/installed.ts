import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** What is read of a package.json, of the project or of what it has installed. */
export interface Manifest {
  readonly name?: string;
  readonly version?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

/** A package that is installed. */
export interface Installed {
  /** Where it is, without links: from there it finds what it needs. */
  readonly folder: string;
  readonly manifest: Manifest;
}

/** A package as a folder would find it; undefined if it is not installed. */
export function installedPackage(name: string, folder: string): Installed | undefined {
  const found = join(folder, 'node_modules', name);
  const file = join(found, 'package.json');
  if (existsSync(file)) {
    return { folder: realpathSync(found), manifest: parsedManifest(readFileSync(file, 'utf8')) ?? {} };
  }
  const above = dirname(folder);
  return above === folder ? undefined : installedPackage(name, above);
}

/** What a text of JSON holds; undefined if it is not an object. */
export function parsedManifest(text: string): Manifest | undefined {
  try {
    const value: unknown = JSON.parse(text.replace(/^\uFEFF/, ''));
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
