import { ratio } from './table.mjs';

const [LINE, LABEL, WIDTH] = [18, 250, 900];

const escaped = text => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');

/** Bars of all ratios, on a scale that doubles: what takes ten times as long is not ten times as wide. */
export function chart({ scenarios, machine }) {
  const lines = [{ text: `Node ${machine.node}, ${machine.cores} cores: time against the first of each group` }];
  for (const cases of Object.values(scenarios))
    for (const { name, rows } of cases) {
      lines.push({}, { text: name });
      for (const row of rows) lines.push({ row });
    }
  const values = lines.filter(({ row }) => row).map(({ row }) => row.ratio);
  const scale = (WIDTH - LABEL - 60) / Math.log2(1 + Math.max(...values));
  const body = lines.map(({ text, row }, i) => {
    const y = (i + 1) * LINE;
    if (text) return `<text x="8" y="${y}" font-weight="bold">${escaped(text)}</text>`;
    if (!row) return '';
    const width = Math.max(1, Math.log2(1 + row.ratio) * scale).toFixed(1);
    const fill = row.contestant.startsWith('nestjs-cqrs') ? '#c2185b' : '#9e9e9e';
    return (
      `<text x="${LABEL - 6}" y="${y}" text-anchor="end">${escaped(row.contestant)}</text>` +
      `<rect x="${LABEL}" y="${y - 11}" width="${width}" height="13" fill="${fill}"/>` +
      `<text x="${LABEL + Number(width) + 5}" y="${y}">${ratio(row.ratio)}</text>`
    );
  });
  const height = (lines.length + 1) * LINE;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" font-family="sans-serif" font-size="12">
<rect width="100%" height="100%" fill="white"/>
${body.filter(Boolean).join('\n')}
</svg>
`;
}
