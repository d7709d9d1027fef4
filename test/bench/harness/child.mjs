// One case of one scenario in a process of its own; prints what it found as JSON.
import 'reflect-metadata';
import { count } from './count.mjs';
import { time } from './time.mjs';

const [scenario, name, mode, rounds, chosen] = process.argv.slice(2);
const only = JSON.parse(chosen);
const { default: cases } = await import(`../scenarios/${scenario}.mjs`);
const { contestants } = cases.find(found => found.name === name);

const calls = {};
for (const [index, [contestant, prepare]] of Object.entries(contestants()).entries())
  if (index === 0 || only.length === 0 || only.includes(contestant)) calls[contestant] = await prepare();

const result = mode === 'time' ? await time(calls, Number(rounds)) : await count(calls);
process.stdout.write(JSON.stringify(result), () => process.exit());
