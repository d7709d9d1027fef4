import { type Manifest, parsedManifest } from './installed.js';
import { INCUMBENT, OWN_NAME } from './package-name.js';
import type { SourceText } from './source-text.js';

export const DEPENDENCIES = [
  'dependencies',
  'devDependencies',
  'peerDependencies',
  'optionalDependencies',
] as const satisfies (keyof Manifest)[];

/** Each name once. */
export function declaredIn({ text }: SourceText): [name: string, range: string][] {
  const manifest: Manifest = parsedManifest(text) ?? {};
  const declared = DEPENDENCIES.flatMap(section => Object.entries(manifest[section] ?? {}));
  return [...new Map(declared)].filter(([, range]) => typeof range === 'string');
}

export const rangeIn = (source: SourceText, name: string): string | undefined =>
  declaredIn(source).find(([declared]) => declared === name)?.[1];

export const declaresEither = (source: SourceText): boolean =>
  [INCUMBENT, OWN_NAME].some(name => rangeIn(source, name) !== undefined);
