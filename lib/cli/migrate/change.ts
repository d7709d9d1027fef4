import type { SourceText } from './source-text.js';

/** A piece of a file that is replaced, and how the report tells of it. */
export interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
  /** Where the report points. */
  readonly at: number;
  readonly from: string;
  readonly to: string;
}

/** A file that is changed. */
export interface Change {
  readonly source: SourceText;
  readonly edits: readonly Edit[];
}

/** The text of the file once it is changed. */
export function changedText({ source, edits }: Change): string {
  let text = source.text;
  for (const edit of edits.toSorted((a, b) => b.start - a.start)) {
    text = text.slice(0, edit.start) + edit.text + text.slice(edit.end);
  }
  return text;
}
