import { dirname, sep } from 'node:path';
import { DEPENDENCIES } from './declared.js';
import type { Finding } from './finding.js';
import { parsedManifest } from './installed.js';
import { INCUMBENT, OWN_NAME } from './package-name.js';
import { placeAt, type SourceText } from './source-text.js';

/**
 * Each package.json that installs this package as @nestjs/cqrs, for libraries. Imports below it stay: a second name
 * would load a second copy.
 */
export class Aliases {
  /** Deepest folders first. */
  private readonly declaring: readonly { source: SourceText; folder: string; isAlias: boolean }[];

  constructor(manifests: readonly SourceText[]) {
    this.declaring = manifests
      .map(source => ({ source, folder: dirname(source.file) + sep, ranges: rangesIn(source) }))
      .filter(({ ranges }) => ranges.length > 0)
      .map(({ ranges, ...rest }) => ({ ...rest, isAlias: ranges.some(range => range.includes(OWN_NAME)) }))
      .toSorted((a, b) => b.folder.length - a.folder.length);
  }

  /** By the nearest package.json that declares the incumbent. */
  covers({ file }: SourceText): boolean {
    return this.declaring.find(({ folder }) => file.startsWith(folder))?.isAlias === true;
  }

  findings(): Finding[] {
    return this.declaring
      .filter(({ isAlias }) => isAlias)
      .map(({ source }) => ({
        kind: 'alias',
        place: placeAt(source, source.text.indexOf(`"${INCUMBENT}"`)),
        what: `${INCUMBENT} is ${OWN_NAME}`,
      }));
  }
}

function rangesIn({ text }: SourceText): string[] {
  const manifest = parsedManifest(text) ?? {};
  return DEPENDENCIES.flatMap(section => manifest[section]?.[INCUMBENT] ?? []).map(String);
}
