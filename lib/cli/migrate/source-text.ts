export interface SourceText {
  /** Absolute. */
  readonly file: string;
  readonly text: string;
}

/** Counted from 1. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

const BYTE_ORDER_MARK = '\uFEFF';

/** Keeps the byte order mark, to write it back; undefined unless UTF-8. */
export function decoded(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

export function placeAt({ file, text }: SourceText, offset: number): Place {
  const lineStart = text.lastIndexOf('\n', offset - 1) + 1;
  const mark = lineStart === 0 && text.startsWith(BYTE_ORDER_MARK) ? 1 : 0;
  return { file, line: text.slice(0, lineStart).split('\n').length, column: offset - lineStart - mark + 1 };
}
