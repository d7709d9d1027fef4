import type { SourceText } from './source-text.js';

export interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
  readonly at: number;
  readonly from: string;
  readonly to: string;
}

export interface Change {
  readonly source: SourceText;
  readonly edits: readonly Edit[];
}

export function changedText({ source, edits }: Change): string {
  let text = source.text;
  for (const edit of edits.toSorted((a, b) => b.start - a.start)) {
    text = text.slice(0, edit.start) + edit.text + text.slice(edit.end);
  }
  return text;
}
