/** What one contestant took in a case, as a table of docs/bench shows it. */
export interface Figure {
  readonly time: string;
  readonly ratio: string;
}

/** The cases of a page of docs/bench, each with the figures of its contestants. */
export function cases(page: string): Map<string, Map<string, Figure>> {
  const tables = page.matchAll(/^\*\*(.+)\*\*\n\n\|.+\n\|[ :|-]+\n((?:\|.+\n)+)/gm);
  return new Map([...tables].map(([, name, rows]) => [name!, new Map(rows!.trim().split('\n').map(figure))]));
}

function figure(row: string): [contestant: string, Figure] {
  const [contestant, time, ratio] = row
    .split('|')
    .slice(1)
    .map(cell => cell.trim());
  return [contestant!.replace(' (nothing awaited)', ''), { time: time!, ratio: ratio! }];
}

/** A table of Markdown as Prettier formats it: the first column on the left, the others on the right. */
export function table(lines: readonly (readonly string[])[]): string {
  const widths = lines[0]!.map((_, i) => Math.max(3, ...lines.map(line => line[i]!.length)));
  const row = (line: readonly string[]) =>
    `| ${line.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join(' | ')} |`;
  const rule = `| ${widths.map((width, i) => (i === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`)).join(' | ')} |`;
  return [row(lines[0]!), rule, ...lines.slice(1).map(row)].join('\n');
}

/** The page with this content between the marks of a part. */
export function withPart(page: string, mark: string, content: string): string {
  const marked = new RegExp(`(<!-- ${mark} -->\n\n)[^]*?(\n\n<!-- /${mark} -->)`);
  if (!marked.test(page)) throw new Error(`There are no marks for ${mark}.`);
  return page.replace(marked, (_, start: string, end: string) => `${start}${content}${end}`);
}
