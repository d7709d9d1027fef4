import type { Change, Edit } from './change.js';
import type { Compiler } from './compiler.js';
import type { Finding } from './finding.js';
import { mentionsIn, type TextRange } from './module-specifiers.js';
import { INCUMBENT, type Rename } from './package-name.js';
import { placeAt, type SourceText } from './source-text.js';

export interface SourceChanges extends Change {
  readonly findings: readonly Finding[];
}

export function sourceChanges(compiler: Compiler, source: SourceText, rename: Rename): SourceChanges {
  const edits: Edit[] = [];
  const findings: Finding[] = [];
  if (!/nestjs\\?\/cqrs/.test(source.text)) return { source, edits, findings };

  const file = compiler.createSourceFile(source.file, source.text, compiler.ScriptTarget.Latest, true);
  const find = (kind: Finding['kind'], at: number, what: string): void =>
    void findings.push({ kind, place: placeAt(source, at), what });

  const mentions = mentionsIn(compiler, file);
  for (const specifier of mentions.specifiers) {
    const to = rename(specifier.text);
    if (to === undefined) find('deepPath', specifier.start, specifier.text);
    else if (isWrittenPlainly(specifier, source)) edits.push(editOf(specifier, to));
    else find('mention', specifier.start, source.text.slice(specifier.start, specifier.end));
  }
  for (const other of mentions.others) find('mention', other.start, other.text);

  const { parseDiagnostics = [] } = file as { parseDiagnostics?: readonly { start: number }[] };
  const [error] = parseDiagnostics;
  if (error && source.text.includes(INCUMBENT)) {
    find('syntax', error.start, `${parseDiagnostics.length} syntax error${parseDiagnostics.length === 1 ? '' : 's'}`);
  }
  return { source, edits, findings };
}

/** Not through an escape. */
const isWrittenPlainly = ({ text, start, end }: TextRange, source: SourceText): boolean =>
  source.text.slice(start, end) === text;

const editOf = ({ text, start, end }: TextRange, to: string): Edit => ({
  start,
  end,
  text: to,
  at: start,
  from: text,
  to,
});
