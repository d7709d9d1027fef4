const fixed = (value, digits) => (value === undefined || Number.isNaN(value) ? '' : value.toFixed(digits));

/** A duration in the unit that reads best. */
export const duration = ns => {
  if (ns < 1e4) return `${fixed(ns, ns < 100 ? 1 : 0)} ns`;
  return ns < 1e7 ? `${fixed(ns / 1e3, 1)} µs` : `${fixed(ns / 1e6, 1)} ms`;
};

export const ratio = value => (value >= 100 ? fixed(value, 0) : fixed(value, value >= 10 ? 1 : 2));

const bar = (reach, contestant) => (reach[contestant] === undefined ? '' : String(reach[contestant]));

/** The cells of a case, a row a contestant. */
export function cells(rows, reach = {}) {
  if (rows[0].p50 !== undefined) return ofCalls(rows, reach);
  if (rows[0].isRate) return ofCalls(rows, reach).map(line => line.slice(0, -2));
  return ofOperations(rows, reach);
}

const ofOperations = (rows, reach) => [
  ['', 'time', 'ratio', 'of generations', 'bar', 'microtasks', 'bytes'],
  ...rows.map(({ contestant, ns, ratio: middle, spread: [low, high], microtasks, bytes }) => [
    contestant,
    duration(ns),
    ratio(middle),
    `${ratio(low)} – ${ratio(high)}`,
    bar(reach, contestant),
    microtasks === undefined ? '' : String(microtasks),
    fixed(bytes, 0),
  ]),
];

/** Of calls that run together: how many end in a second, and how long a caller waits. */
const ofCalls = (rows, reach) => [
  ['', 'per second', 'ratio', 'of generations', 'bar', 'p50', 'ratio'],
  ...rows.map(({ contestant, ns, ratio: middle, spread: [low, high], p50, p50Ratio }) => [
    contestant,
    Math.round(1e9 / ns).toLocaleString('en'),
    ratio(middle),
    `${ratio(low)} – ${ratio(high)}`,
    bar(reach, contestant),
    p50 === undefined ? '' : duration(p50),
    p50 === undefined ? '' : ratio(p50Ratio),
  ]),
];

/** A case for the screen. */
export function table(name, rows, reach) {
  const lines = cells(rows, reach);
  const widths = lines[0].map((_, column) => Math.max(...lines.map(line => line[column].length)));
  const text = lines.map(line =>
    line.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column]))).join('  '),
  );
  return [`\n  ${name}`, ...text.map(line => `    ${line}`)].join('\n');
}

/** A case for a page. */
export function markdown(name, rows, reach) {
  const found = cells(rows, reach);
  const [head, ...lines] = found.map(line => `| ${line.join(' | ')} |`);
  const rule = `| --- |${' ---: |'.repeat(found[0].length - 1)}`;
  return [`**${name}**`, '', head, rule, ...lines].join('\n');
}
