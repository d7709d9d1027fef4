import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { median, sorted } from './loop.mjs';

const run = promisify(execFile);
const child = fileURLToPath(new URL('child.mjs', import.meta.url));

// A young generation that holds a whole sample: no collection falls into the middle of it.
const FLAGS = {
  time: ['--expose-gc'],
  count: ['--expose-gc', '--min-semi-space-size=256', '--max-semi-space-size=256'],
};

async function generation(scenario, name, mode, { rounds = 1, only = [], apart = [] } = {}) {
  if (apart.length > 0) return separately(apart, one => generation(scenario, name, mode, { rounds, only: [one] }));
  const args = [...FLAGS[mode], child, scenario, name, mode, String(rounds), JSON.stringify(only)];
  const { stdout } = await run(process.execPath, args, { maxBuffer: 2 ** 26 });
  return JSON.parse(stdout);
}

/** Each contestant with nobody but the reference, in a process of its own. */
async function separately([reference, ...others], run) {
  const all = {};
  for (const other of others) {
    const found = await run(other);
    all[reference] ??= found[reference];
    all[other] = found[other];
  }
  return all;
}

/** What one process counts: microtasks and bytes, by contestant. */
export const counted = (scenario, name, options) => generation(scenario, name, 'count', options);

/**
 * Runs one case in several processes, since what the compiler makes of a program differs from run to run.
 * @returns a row a contestant: median and spread of the ratios of the generations, microtasks, bytes
 */
export async function generations(scenario, name, options) {
  const { generations: times, counts } = options;
  const all = [];
  for (let i = 1; i <= times; i++) {
    progress(`${name}: generation ${i} of ${times}`);
    all.push(await generation(scenario, name, 'time', options));
  }
  if (counts) progress(`${name}: microtasks and bytes`);
  const counters = counts ? await counted(scenario, name, options) : {};
  progress('');
  return Object.keys(all[0]).map(contestant => {
    const found = all.map(one => one[contestant]);
    const ratios = sorted(found.map(({ ratio }) => ratio));
    return {
      ...found[0],
      contestant,
      ns: median(found.map(({ ns }) => ns)),
      ratio: median(ratios),
      spread: [ratios[0], ratios.at(-1)],
      ...(found[0].p50 !== undefined && {
        p50: median(found.map(({ p50 }) => p50)),
        p50Ratio: median(found.map(({ p50Ratio }) => p50Ratio)),
      }),
      ...counters[contestant],
    };
  });
}

function progress(text) {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`);
  else if (text) process.stderr.write(`${text}\n`);
}
