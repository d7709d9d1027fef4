import type ts from 'typescript';
import type { Compiler } from '../compiler.js';
import type { FindingKind } from '../finding.js';
import type { PackageExports } from '../package-exports.js';
import { type Place, placeAt } from '../source-text.js';

/** What an inspection of a node may use. */
export interface Inspected {
  readonly compiler: Compiler;
  readonly file: ts.SourceFile;
  readonly exports: PackageExports;
  /** Whether the file holds tests, by its path. */
  readonly isTest: boolean;
  /** Tells of something that a person must look at. */
  find(kind: FindingKind, node: ts.Node, what: string): void;
}

/** Looks at one node of a source. */
export type Inspection = (node: ts.Node, inspected: Inspected) => void;

/** A piece of a source in one line, cut where it is long. */
export function excerptOf(node: ts.Node, file: ts.SourceFile): string {
  const text = node.getText(file).replaceAll(/\s+/g, ' ');
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
}

/** Where a node begins. */
export const placeOf = (node: ts.Node, file: ts.SourceFile): Place =>
  placeAt({ file: file.fileName, text: file.text }, node.getStart(file));
