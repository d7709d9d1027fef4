import { relative } from 'node:path';
import type { Change } from './change.js';
import { type Finding, type FindingKind, KINDS } from './finding.js';
import { type Place, placeAt } from './source-text.js';

export interface Outcome {
  readonly changes: readonly Change[];
  readonly findings: readonly Finding[];
  readonly isDryRun: boolean;
  readonly install: string | undefined;
}

/** @param folder paths are relative to it */
export function reportOf({ changes, findings, isDryRun, install }: Outcome, folder: string): string {
  const edits = changes.flatMap(({ source, edits }) =>
    edits
      .toSorted((a, b) => a.at - b.at)
      .map(({ at, from, to }) => `${written(placeAt(source, at), folder)}  ${from} → ${to}`),
  );
  const places = `${counted(edits.length, 'place')} in ${counted(changes.length, 'file')}`;
  const summary =
    edits.length === 0
      ? 'Nothing to change.'
      : `${places} ${isDryRun ? `would be changed (--dry-run: nothing was written)` : 'changed'}.`;
  const blocks = [
    edits.join('\n'),
    summary,
    install === undefined ? '' : `Then run: ${install}`,
    findings.length === 0 ? 'Nothing to look at.' : `${counted(findings.length, 'place')} to look at:`,
    ...findingBlocks(findings, folder),
  ];
  return blocks.filter(block => block !== '').join('\n\n');
}

export function findingBlocks(findings: readonly Finding[], folder: string): string[] {
  return (Object.keys(KINDS) as FindingKind[]).flatMap(kind => {
    const places = findings.filter(finding => finding.kind === kind).toSorted((a, b) => compared(a.place, b.place));
    if (places.length === 0) return [];
    const { title, why, remedy } = KINDS[kind];
    const lines = places.map(({ place, what }) => `  ${written(place, folder)}  ${what}`);
    return [[`${title}`, `  ${why}`, `  ${remedy}`, ...lines].join('\n')];
  });
}

const written = ({ file, line, column }: Place, folder: string): string =>
  `${relative(folder, file).replaceAll('\\', '/')}:${line}:${column}`;

const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;

const compared = (a: Place, b: Place): number =>
  a.file === b.file ? a.line - b.line || a.column - b.column : a.file < b.file ? -1 : 1;
