// Which test files run which parts of `lib`: every function and block reports itself once, in a copy of the repository.
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import ts from 'typescript';

/** What holds in all of a file: that it was loaded. */
const LOADED = -1;

/** The parts of a file, as ranges of its text, with what is put at the start and the end of each to report it. */
function partsOf(file, text) {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const parts = [];
  const add = (node, before, after, skip = 0) => {
    const start = node.getStart(source);
    parts.push({ start, end: node.getEnd(), at: start + skip, before, after });
  };
  const visit = node => {
    if (ts.isTypeNode(node) || ts.isImportDeclaration(node)) return;
    if (ts.isBlock(node)) add(node, probe => `${probe};`, '', 1);
    else if (ts.isArrowFunction(node) && !ts.isBlock(node.body)) add(node.body, probe => `(${probe}, (`, '))');
    else if (ts.isPropertyDeclaration(node) && node.initializer && !ts.isArrowFunction(node.initializer))
      add(node.initializer, probe => `(${probe}, (`, '))');
    ts.forEachChild(node, visit);
  };
  visit(source);
  return parts;
}

/** The text of a file whose parts report themselves. */
function probed(file, text) {
  const parts = partsOf(file, text);
  const insertions = parts.flatMap(({ at, end, before, after }, index) => [
    { position: at, text: before(probe(file, index)), order: 1 },
    ...(after ? [{ position: end, text: after, order: 0 }] : []),
  ]);
  // From the end, so that positions stay right; where two meet, the inner end comes before the outer one.
  const fromTheEnd = insertions.toSorted((a, b) => b.position - a.position || b.order - a.order);
  let result = text;
  for (const { position, text } of fromTheEnd) result = result.slice(0, position) + text + result.slice(position);
  return `${result}\n${probe(file, LOADED)};\n`;
}

const probe = (file, index) => `globalThis.__reached?.(${JSON.stringify(`${file}#${index}`)})`;

/** Writes the probes into the files of a copy. */
export function writeProbes(copy, files) {
  for (const file of files) {
    const path = join(copy, file);
    writeFileSync(path, probed(file, readFileSync(path, 'utf8')));
  }
}

/** What the reports of reached.mjs say: of each part the test files that ran it, themselves or in a program. */
export function readReports(folder, copy) {
  const reached = new Map();
  for (const name of readdirSync(folder)) {
    const { test, parts } = JSON.parse(readFileSync(join(folder, name), 'utf8'));
    for (const part of parts) reached.set(part, (reached.get(part) ?? new Set()).add(relative(copy, test)));
  }
  return Object.fromEntries([...reached].map(([part, tests]) => [part, [...tests]]));
}

/** The test files that run the smallest part around a place. */
export function testsThatReach(reached, file, text, { start, end }) {
  const around = partsOf(file, text)
    .map((part, index) => ({ ...part, index }))
    .filter(part => part.start <= start && end <= part.end)
    .toSorted((a, b) => a.end - a.start - (b.end - b.start));
  return reached[`${file}#${around[0]?.index ?? LOADED}`] ?? [];
}
