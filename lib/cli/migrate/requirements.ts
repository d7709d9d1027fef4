import { dirname } from 'node:path';
import type { OwnPackage } from '../own-package.js';
import type { Finding } from './finding.js';
import { declaredIn, declaresEither, rangeIn } from './declared.js';
import { type Installed, installedPackage } from './installed.js';
import { INCUMBENT, OWN_NAME } from './package-name.js';
import { placeAt, type SourceText } from './source-text.js';
import { highestMajor, isInRange, majorOf, majorsOf } from './versions.js';

const NEST = ['@nestjs/core', '@nestjs/common'];

export function tooOld(manifests: readonly SourceText[], own: OwnPackage, node = process.versions.node): Finding[] {
  const least = Math.min(...majorsOf(own.peerDependencies['@nestjs/core']!));
  const old = usersAmong(manifests).flatMap(source =>
    NEST.flatMap(name => {
      const version = installedPackage(name, dirname(source.file))?.manifest.version;
      // In a monorepo another package.json may declare it.
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

/** All manifests if none declares either package. */
function usersAmong(manifests: readonly SourceText[]): readonly SourceText[] {
  const users = manifests.filter(declaresEither);
  return users.length === 0 ? manifests : users;
}

/** Direct dependencies that need the incumbent and do not get this package instead. */
export const librariesOnIncumbent = (manifests: readonly SourceText[]): Finding[] =>
  manifests.flatMap(source =>
    declaredIn(source).flatMap(([name]) => {
      const installed = installedPackage(name, dirname(source.file));
      if (!installed) return [];
      const { version, dependencies, peerDependencies, optionalDependencies } = installed.manifest;
      const range = { ...dependencies, ...peerDependencies, ...optionalDependencies }[INCUMBENT];
      if (range === undefined || getsOwnPackage(installed)) return [];
      return [finding('dependency', source, name, `${name} ${version} needs ${INCUMBENT} "${range}"`)];
    }),
  );

/** An alias may. */
const getsOwnPackage = ({ folder }: Installed): boolean =>
  installedPackage(INCUMBENT, folder)?.manifest.name === OWN_NAME;

const finding = (kind: Finding['kind'], source: SourceText, name: string, what: string): Finding => ({
  kind,
  place: placeAt(source, Math.max(0, source.text.indexOf(`"${name}"`))),
  what,
});
