import { readFileSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import type { Finding } from './finding.js';
import { INCUMBENT } from './package-name.js';
import { projectFiles } from './project-files.js';
import { decoded, placeAt, type SourceText } from './source-text.js';

export interface Project {
  readonly folder: string;
  readonly sources: readonly SourceText[];
  readonly manifests: readonly SourceText[];
  readonly configurations: readonly SourceText[];
  /** Mentions of the incumbent that cannot be changed. */
  readonly findings: readonly Finding[];
}

const SOURCE = /\.[cm]?[jt]sx?$/;
const CONFIGURATION = /\.(json[c5]?|ya?ml)$|(^|[/\\])\.[\w-]+rc$/;
const LOCK = /^(package-lock\.json|npm-shrinkwrap\.json|yarn\.lock|pnpm-lock\.yaml|bun\.lockb?)$/;
/** Yarn writes them at install. */
const INSTALLED = /^\.pnp\./;

const RELEVANT = /nestjs[-/\\]+cqrs|\bpublish|\bcommit\b|(Command|Query|Events)Handler\b|CqrsModule/;

/** Larger sources are bundles or data. */
const MAX_BYTES = 1_000_000;

export function readProject(folder: string): Project {
  const files = projectFiles(folder);
  const findings: Finding[] = [];
  const read = (file: string): SourceText[] => {
    const text = readText(file);
    if (typeof text === 'string') return [{ file, text }];
    if (text.mentionedAt !== undefined) findings.push({ kind: 'unreadable', place: text.mentionedAt, what: text.why });
    return [];
  };
  const named = (test: (name: string) => boolean): string[] => files.filter(file => test(basename(file)));
  return {
    folder,
    sources: named(isSource)
      .flatMap(read)
      .filter(({ text }) => RELEVANT.test(text)),
    manifests: named(name => name === 'package.json').flatMap(read),
    configurations: named(isConfiguration)
      .flatMap(read)
      .filter(({ text }) => text.includes(INCUMBENT)),
    findings,
  };
}

const isSource = (name: string): boolean => SOURCE.test(name) && !INSTALLED.test(name);

const isConfiguration = (name: string): boolean =>
  CONFIGURATION.test(name) && !LOCK.test(name) && name !== 'package.json';

interface Unreadable {
  readonly why: string;
  readonly mentionedAt: ReturnType<typeof placeAt> | undefined;
}

function readText(file: string): string | Unreadable {
  const { size } = statSync(file);
  const bytes = readFileSync(file);
  if (size > MAX_BYTES) return unreadable(file, bytes, 'larger than a megabyte');
  return decoded(bytes) ?? unreadable(file, bytes, 'not encoded in UTF-8');
}

function unreadable(file: string, bytes: Buffer, why: string): Unreadable {
  const texts = [bytes.toString('latin1'), bytes.toString('utf16le')];
  const text = texts.find(text => text.includes(INCUMBENT));
  return { why, mentionedAt: text === undefined ? undefined : placeAt({ file, text }, text.indexOf(INCUMBENT)) };
}
