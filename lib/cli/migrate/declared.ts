import { type Manifest, parsedManifest } from './installed.js';
import type { SourceText } from './source-text.js';

/** The parts of a package.json that name what is installed. */
export const DEPENDENCIES = [
  'dependencies',
  'devDependencies',
  'peerDependencies',
  'optionalDependencies',
] as const satisfies (keyof Manifest)[];

/** What a package.json declares, each name once. */
export function declaredIn({ text }: SourceText): [name: string, range: string][] {
  const manifest: Manifest = parsedManifest(text) ?? {};
  const declared = DEPENDENCIES.flatMap(section => Object.entries(manifest[section] ?? {}));
  return [...new Map(declared)].filter(([, range]) => typeof range === 'string');
}

/** The range of a package; undefined if it is not declared. */
export const rangeIn = (source: SourceText, name: string): string | undefined =>
  declaredIn(source).find(([declared]) => declared === name)?.[1];
