import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { markdown } from './table.mjs';

const prettier = fileURLToPath(new URL('../../../node_modules/prettier/bin/prettier.cjs', import.meta.url));
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
    writeFileSync(page, `${text.slice(0, from + start.length)}\n\n${content}\n\n${text.slice(to)}`);
    const { status } = spawnSync(process.execPath, [prettier, '--log-level=warn', '--write', fileURLToPath(page)]);
    if (status !== 0) throw new Error(`${fileURLToPath(page)} cannot be formatted.`);
    return;
  }
  throw new Error(`No page of docs/bench has marks for ${mark}.`);
}
