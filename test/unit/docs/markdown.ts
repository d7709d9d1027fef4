/** A code block, and where it says that it comes from. */
export interface CodeBlock {
  readonly line: number;
  readonly language: string;
  readonly code: string;
  /** A file, or a region of a file: `sample/01-users/src/timing.ts #region middleware`. */
  readonly source: string | undefined;
}

const BLOCK = /^(?:<!-- from (\S+(?: #region \S+)?) -->\n\n?)?^```(\w*)\n([^]*?)^```$/gm;

/** The code blocks of a page. A block says where it comes from in a comment above it: `<!-- from file #region name -->`. */
export const codeBlocks = (page: string): CodeBlock[] =>
  [...page.matchAll(BLOCK)].map(({ index, 1: source, 2: language, 3: code }) => ({
    line: page.slice(0, index).split('\n').length,
    language: language!,
    code: code!,
    source,
  }));

/** The page with every block as its source has it. */
export const refreshed = (page: string, read: (file: string) => string): string =>
  page.replaceAll(BLOCK, (block: string, source: string | undefined, language: string) =>
    source === undefined ? block : `<!-- from ${source} -->\n\n\`\`\`${language}\n${excerpt(source, read)}\`\`\``,
  );

/**
 * A file, or what lies between `// #region name` and its `// #endregion`, without the indentation that all lines
 * share and without the marks of other regions.
 */
export function excerpt(source: string, read: (file: string) => string): string {
  const [file, region] = source.split(' #region ') as [string, string | undefined];
  const lines = read(file).trimEnd().split('\n');
  const excerpted = region === undefined ? lines : linesOf(region, lines, file);
  const text = excerpted.filter(line => !/^\s*\/\/ #(end)?region\b/.test(line));
  const indentation = Math.min(...text.filter(line => line.trim() !== '').map(line => line.search(/\S/)));
  return `${text
    .map(line => line.slice(indentation))
    .join('\n')
    .trim()}\n`;
}

function linesOf(region: string, lines: readonly string[], file: string): string[] {
  const starts = lines.flatMap((line, i) => (line.trim() === `// #region ${region}` ? [i] : []));
  if (starts.length !== 1) throw new Error(`${file} has ${starts.length} regions "${region}".`);
  let depth = 0;
  for (const [i, line] of lines.entries()) {
    if (i < starts[0]!) continue;
    if (/^\s*\/\/ #region\b/.test(line)) depth += 1;
    if (/^\s*\/\/ #endregion\b/.test(line)) depth -= 1;
    if (depth === 0) return lines.slice(starts[0]! + 1, i);
  }
  throw new Error(`The region "${region}" of ${file} has no end.`);
}
