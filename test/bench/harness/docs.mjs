import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { markdown } from './table.mjs';

const folder = new URL('../../../docs/bench/', import.meta.url);
const pages = readdirSync(folder)
  .filter(file => file.endsWith('.md'))
  .map(file => new URL(file, folder));

/** Puts the tables of the scenarios that ran, and the machine they ran on, between their marks in docs/bench. */
export function writeDocs({ scenarios, machine }) {
  const { node, platform, cores } = machine;
  writePart('machine', `Node ${node}, ${platform}, ${cores} cores.`);
  for (const [scenario, cases] of Object.entries(scenarios))
    writePart(scenario, cases.map(({ name, rows, reach }) => markdown(name, rows, reach)).join('\n\n'));
}

/** Puts a text between the marks of one part, in the page of docs/bench that has them. */
export function writePart(mark, content) {
  const [start, end] = [`<!-- bench:${mark} -->`, `<!-- /bench:${mark} -->`];
  for (const page of pages) {
    const text = readFileSync(page, 'utf8');
    const [from, to] = [text.indexOf(start), text.indexOf(end)];
    if (from < 0 || to < 0) continue;
    return writeFileSync(page, `${text.slice(0, from + start.length)}\n\n${content}\n\n${text.slice(to)}`);
  }
  throw new Error(`No page of docs/bench has marks for ${mark}.`);
}
