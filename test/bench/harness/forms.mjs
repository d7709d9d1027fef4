// `forms.mjs scenario case contestant rounds edits`: compares two forms of this package in one process, which take turns, and
// prints the CPU time, bytes and microtasks of each as JSON.
import { register } from 'node:module';
import 'reflect-metadata';
import { bytes, microtasks } from './count.mjs';
import { loopOver, median } from './loop.mjs';

const SLICE = 10e6;

/** CPU time in nanoseconds, that of compiler and collector included: other programs disturb it less than the time that passes. */
const used = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) * 1e3;
};

async function prepared(url, name, contestant) {
  const { default: cases } = await import(url);
  const { contestants } = cases.find(found => found.name === name);
  const { [contestant]: prepare } = contestants();
  return prepare();
}

/** Warms a call up and finds how many operations fill one turn. */
async function calibrated(call) {
  const loop = loopOver(call);
  let at = 0;
  let operations = 1000;
  const run = async () => {
    const start = used();
    await loop(at, (at += operations));
    return (used() - start) / operations;
  };
  for (let i = 0; i < 30; i++) operations = Math.max(1000, Math.min(operations * 4, Math.round(SLICE / (await run()))));
  return run;
}

const [scenario, name, contestant, rounds, edits] = process.argv.slice(2);
register('./plain-form.mjs', { parentURL: import.meta.url, data: JSON.parse(edits) });
const url = new URL(`../scenarios/${scenario}.mjs`, import.meta.url).href;
const calls = [await prepared(url, name, contestant), await prepared(`${url}?plain`, name, contestant)];
const [marked, plain] = [await calibrated(calls[0]), await calibrated(calls[1])];
const spent = { marked: [], plain: [] };
for (let round = 0; round < Number(rounds); round++) {
  // Every other round runs backwards.
  if (round % 2) spent.plain.push(await plain());
  spent.marked.push(await marked());
  if (round % 2 === 0) spent.plain.push(await plain());
}
const result = {
  ratio: median(spent.plain.map((ns, i) => ns / spent.marked[i])),
  marked: { ns: median(spent.marked), microtasks: await microtasks(calls[0]), bytes: await bytes(calls[0]) },
  plain: { ns: median(spent.plain), microtasks: await microtasks(calls[1]), bytes: await bytes(calls[1]) },
};
process.stdout.write(JSON.stringify(result), () => process.exit());
