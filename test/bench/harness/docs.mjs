import { readFileSync, writeFileSync } from 'node:fs';
import { markdown } from './table.mjs';

const page = new URL('../../../docs/performance.md', import.meta.url);

/** Puts the tables of the scenarios that ran, and the machine they ran on, between their marks in docs/performance.md. */
export function writeDocs({ scenarios, machine }) {
  let text = readFileSync(page, 'utf8');
  const { node, platform, cores } = machine;
  text = between(text, 'machine', `Node ${node}, ${platform}, ${cores} cores.`);
  for (const [scenario, cases] of Object.entries(scenarios))
    text = between(text, scenario, cases.map(({ name, rows, reach }) => markdown(name, rows, reach)).join('\n\n'));
  writeFileSync(page, text);
}

/** Puts a text between the marks of one part of docs/performance.md. */
export const writePart = (mark, content) => writeFileSync(page, between(readFileSync(page, 'utf8'), mark, content));

function between(text, mark, content) {
  const [start, end] = [`<!-- bench:${mark} -->`, `<!-- /bench:${mark} -->`];
  const [from, to] = [text.indexOf(start), text.indexOf(end)];
  if (from < 0 || to < 0) throw new Error(`docs/performance.md has no marks for ${mark}.`);
  return `${text.slice(0, from + start.length)}\n\n${content}\n\n${text.slice(to)}`;
}
