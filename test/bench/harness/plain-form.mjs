// Hooks of the module loader. What is imported with `?plain` is a second copy of the modules of test/bench and dist, in which
// texts of dist are replaced.
import { readFileSync } from 'node:fs';

const COPIED = ['test/bench/', 'dist/'].map(folder => new URL(`../../../${folder}`, import.meta.url).href);

let edits = [];

/** @param {[file: string, pattern: string, text: string][]} data */
export function initialize(data) {
  edits = data;
}

export async function resolve(specifier, context, nextResolve) {
  const resolved = await nextResolve(specifier, context);
  if (!context.parentURL?.endsWith('?plain') || !COPIED.some(folder => resolved.url.startsWith(folder)))
    return resolved;
  return { ...resolved, url: `${resolved.url}?plain` };
}

export async function load(url, context, nextLoad) {
  const own = edits.filter(([file]) => url.endsWith(`/dist/${file}?plain`));
  if (own.length === 0) return nextLoad(url, context);
  return { format: 'module', source: own.reduce(edited, readFileSync(new URL(url), 'utf8')), shortCircuit: true };
}

function edited(source, [file, pattern, text]) {
  const fast = new RegExp(pattern);
  if (!fast.test(source)) throw new Error(`dist/${file} has no text that matches ${pattern}`);
  return source.replace(fast, () => text);
}
