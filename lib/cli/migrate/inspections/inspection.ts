import type ts from 'typescript';
import type { Compiler } from '../compiler.js';
import type { FindingKind } from '../finding.js';
import type { PackageExports } from '../package-exports.js';
import { type Place, placeAt } from '../source-text.js';

export interface Inspected {
  readonly compiler: Compiler;
  readonly file: ts.SourceFile;
  readonly exports: PackageExports;
  /** By its path. */
  readonly isTest: boolean;
  find(kind: FindingKind, node: ts.Node, what: string): void;
}

export type Inspection = (node: ts.Node, inspected: Inspected) => void;

/** One line, cut if long. */
export function excerptOf(node: ts.Node, file: ts.SourceFile): string {
  const text = node.getText(file).replaceAll(/\s+/g, ' ');
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
}

export const placeOf = (node: ts.Node, file: ts.SourceFile): Place =>
  placeAt({ file: file.fileName, text: file.text }, node.getStart(file));
