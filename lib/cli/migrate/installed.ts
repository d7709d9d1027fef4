import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** What is read of a package.json, of the project or of what it has installed. */
export interface Manifest {
  readonly version?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

/** The package.json of a package as a folder would find it; undefined if it is not installed. */
export function installedManifest(name: string, folder: string): Manifest | undefined {
  const file = join(folder, 'node_modules', name, 'package.json');
  if (existsSync(file)) return parsedManifest(readFileSync(file, 'utf8'));
  const above = dirname(folder);
  return above === folder ? undefined : installedManifest(name, above);
}

/** What a text of JSON holds; undefined if it is no object. */
export function parsedManifest(text: string): Manifest | undefined {
  try {
    const value: unknown = JSON.parse(text.replace(/^\uFEFF/, ''));
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
