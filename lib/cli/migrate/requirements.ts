import { dirname } from 'node:path';
import type { OwnPackage } from '../own-package.js';
import type { Finding } from './finding.js';
import { installedManifest, type Manifest, parsedManifest } from './installed.js';
import { DEPENDENCIES } from './manifest-edits.js';
import { INCUMBENT, OWN_NAME } from './package-name.js';
import { placeAt, type SourceText } from './source-text.js';
import { highestMajor, isInRange, majorOf, majorsOf } from './versions.js';

const NEST = ['@nestjs/core', '@nestjs/common'];

/** Nest and Node, where they are older than this package needs. */
export function tooOld(manifests: readonly SourceText[], own: OwnPackage, node = process.versions.node): Finding[] {
  const least = Math.min(...majorsOf(own.peerDependencies['@nestjs/core']!));
  const old = usersAmong(manifests).flatMap(source =>
    NEST.flatMap(name => {
      const version = installedManifest(name, dirname(source.file))?.version;
      // In a monorepo the package.json above may declare it.
      const range = [source, ...manifests].map(other => rangeIn(other, name)).find(range => range !== undefined);
      const major = version === undefined ? highestMajor(range ?? '') : majorOf(version);
      const what = version === undefined ? `${name} "${range}"` : `${name} ${version}`;
      return major !== undefined && major < least ? [finding('nest', source, name, what)] : [];
    }),
  );
  const [first] = manifests;
  if (first && !isInRange(node, own.engines.node)) old.push(finding('nest', first, 'node', `Node ${node}`));
  return old;
}

/** What declares either package; everything, where nothing does. */
function usersAmong(manifests: readonly SourceText[]): readonly SourceText[] {
  const users = manifests.filter(source => [INCUMBENT, OWN_NAME].some(name => rangeIn(source, name) !== undefined));
  return users.length === 0 ? manifests : users;
}

const rangeIn = (source: SourceText, name: string): string | undefined =>
  declaredIn(source).find(([declared]) => declared === name)?.[1];

/** Direct dependencies that depend on the incumbent. */
export const librariesOnIncumbent = (manifests: readonly SourceText[]): Finding[] =>
  manifests.flatMap(source =>
    declaredIn(source)
      .filter(([name]) => name !== INCUMBENT && name !== OWN_NAME)
      .flatMap(([name]) => {
        const installed = installedManifest(name, dirname(source.file)) ?? {};
        const { dependencies, peerDependencies, optionalDependencies } = installed;
        const needs = { ...dependencies, ...peerDependencies, ...optionalDependencies };
        const what = `${name} ${installed.version} needs ${INCUMBENT} "${needs[INCUMBENT]}"`;
        return Object.hasOwn(needs, INCUMBENT) ? [finding('dependency', source, name, what)] : [];
      }),
  );

/** What a package.json declares, each name once. */
function declaredIn({ text }: SourceText): [name: string, range: string][] {
  const manifest: Manifest = parsedManifest(text) ?? {};
  const declared = DEPENDENCIES.flatMap(section => Object.entries(manifest[section] ?? {}));
  return [...new Map(declared)].filter(([, range]) => typeof range === 'string');
}

const finding = (kind: Finding['kind'], source: SourceText, name: string, what: string): Finding => ({
  kind,
  place: placeAt(source, Math.max(0, source.text.indexOf(`"${name}"`))),
  what,
});
