/** Of lines to compare: more would take seconds, and the memory of the process. */
const MOST_PAIRS = 4_000_000;
/** Longer texts show what differs, with a few lines around it. */
const MOST_LINES = 200;
const LINES_AROUND = 3;
/** Of what differs. */
const MOST_SHOWN = 1_000;

/** Lines of both: `-` is in the first alone, `+` in the second alone. */
export function compared(expected: readonly string[], actual: readonly string[]): string[] {
  const most = Math.min(expected.length, actual.length);
  let first = 0;
  while (first < most && expected[first] === actual[first]) first += 1;
  let last = 0;
  while (last < most - first && expected.at(-1 - last) === actual.at(-1 - last)) last += 1;
  return shortened([
    ...common(expected.slice(0, first)),
    ...middleOf(expected.slice(first, expected.length - last), actual.slice(first, actual.length - last)),
    ...common(expected.slice(expected.length - last)),
  ]);
}

const common = (lines: readonly string[]): string[] => lines.map(line => `  ${line}`);

function shortened(lines: readonly string[]): string[] {
  if (lines.length <= MOST_LINES) return [...lines];
  const shown = new Set<number>();
  lines.forEach((line, at) => {
    if (line.startsWith('  ')) return;
    for (let near = at - LINES_AROUND; near <= at + LINES_AROUND; near++) shown.add(near);
  });
  const short: string[] = [];
  lines.forEach((line, at) => {
    if (shown.has(at)) short.push(line);
    else if (short.at(-1) !== '  …') short.push('  …');
  });
  return short.length <= MOST_SHOWN
    ? short
    : [...short.slice(0, MOST_SHOWN), `  … and ${short.length - MOST_SHOWN} more lines`];
}

function middleOf(expected: readonly string[], actual: readonly string[]): string[] {
  if (expected.length * actual.length > MOST_PAIRS)
    return [...expected.map(line => `- ${line}`), ...actual.map(line => `+ ${line}`)];
  const common = lengthsOfCommon(expected, actual);
  const lines: string[] = [];
  let [i, j] = [0, 0];
  while (i < expected.length || j < actual.length) {
    if (i < expected.length && j < actual.length && expected[i] === actual[j]) {
      lines.push(`  ${expected[i]}`);
      i += 1;
      j += 1;
    } else if (i < expected.length && (j === actual.length || common[i + 1]![j]! >= common[i]![j + 1]!)) {
      lines.push(`- ${expected[i]}`);
      i += 1;
    } else {
      lines.push(`+ ${actual[j]}`);
      j += 1;
    }
  }
  return lines;
}

/** Of each pair of ends, how many lines they have in common. */
function lengthsOfCommon(a: readonly string[], b: readonly string[]): number[][] {
  const table = Array.from({ length: a.length + 1 }, () => Array.from({ length: b.length + 1 }, () => 0));
  for (let i = a.length - 1; i >= 0; i--)
    for (let j = b.length - 1; j >= 0; j--)
      table[i]![j] = a[i] === b[j] ? table[i + 1]![j + 1]! + 1 : Math.max(table[i + 1]![j]!, table[i]![j + 1]!);
  return table;
}
