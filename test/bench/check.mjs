// `npm run bench:check`: microtasks and allocated bytes per dispatch against baseline.json; `--update` writes it.
// Times are left out: they say more about the machine than about the code.
import { readFileSync, writeFileSync } from 'node:fs';
import { counted } from './harness/generations.mjs';

const CHECKED = {
  dispatch: ['execute, 1 type', 'ask, 1 type', 'dispatch, 1 type', 'execute, 1 type, sync handler'],
  middleware: ['3 plain middleware', '3 async middleware', '3 plain that take the context middleware'],
  publish: ['one async handler, 1 type registered', 'one sync handler', '10 async handlers'],
  scoped: ['request-scoped handler'],
};

/** Two words, or a twentieth: what the counters of the heap vary by from run to run. */
const tolerance = bytes => Math.max(16, bytes * 0.05);

const file = new URL('baseline.json', import.meta.url);
const found = {};
for (const [scenario, names] of Object.entries(CHECKED))
  for (const name of names) {
    console.error(`${scenario}: ${name}`);
    const all = await counted(scenario, name, { only: 'nestjs-cqrs' });
    const [[, reference]] = Object.entries(all);
    const { microtasks, bytes } = all['nestjs-cqrs'];
    // Beyond what the reference of the same process costs: that belongs to the engine and differs by its version.
    found[`${scenario}: ${name}`] = {
      microtasks: microtasks - reference.microtasks,
      bytes: Math.round(bytes - reference.bytes),
    };
  }

if (process.argv.includes('--update')) {
  writeFileSync(file, `${JSON.stringify(found, undefined, 2)}\n`);
} else {
  const worse = Object.entries(JSON.parse(readFileSync(file, 'utf8'))).flatMap(([name, { microtasks, bytes }]) => {
    const now = found[name];
    return [
      ...(now.microtasks > microtasks
        ? [`${name}: ${now.microtasks} microtasks more than the reference, was ${microtasks}`]
        : []),
      ...(now.bytes > bytes + tolerance(Math.abs(bytes))
        ? [`${name}: ${now.bytes} bytes more than the reference, was ${bytes}`]
        : []),
    ];
  });
  for (const text of worse) console.error(text);
  console.log(
    worse.length > 0 ? `${worse.length} figures are worse than the baseline` : 'No figure is worse than the baseline',
  );
  process.exitCode = worse.length > 0 ? 1 : 0;
}
