// `npm run bench:check`: microtasks and allocated bytes per dispatch against baseline.json; `--update` writes it.
// Times are left out: they say more about the machine than about the code.
import { readFileSync, writeFileSync } from 'node:fs';
import { counted } from './harness/generations.mjs';

const OURS = 'nestjs-cqrs';

/** Scenario, case, and who is compared with the reference of the case. */
const CHECKED = [
  ['dispatch', 'execute, 1 type', OURS],
  ['dispatch', 'ask, 1 type', OURS],
  ['dispatch', 'dispatch, 1 type', OURS],
  ['dispatch', 'execute, 1 type, sync handler', OURS],
  ['dispatch', 'execute without Nest, 1 type', OURS],
  ['middleware', '3 plain middleware', OURS],
  ['middleware', '3 async middleware', OURS],
  ['middleware', '3 plain that take the context middleware', OURS],
  ['publish', 'one async handler, 1 type registered', OURS],
  ['publish', 'one sync handler', OURS],
  ['publish', '10 async handlers', OURS],
  ['scoped', 'request-scoped handler', OURS],
  ['features', 'features of a command', 'a context given, nobody reads it'],
  ['features', 'features of a command', 'a tracing middleware, nobody listens'],
  ['features', 'features of a command', 'the handler takes the context'],
  ['features', 'features of a command', 'a subscriber of the bus'],
  ['features', 'features of an event', 'a middleware'],
  ['features', 'features of an event', 'a subscriber of the bus'],
];

const label = (scenario, name, contestant) => [scenario, name, ...(contestant === OURS ? [] : [contestant])].join(': ');

/** Two words, or a twentieth: what the counters of the heap vary by from run to run. */
const tolerance = bytes => Math.max(16, bytes * 0.05);

/** Where Nest itself allocates from 845 to 1,541 bytes more or less from run to run: only microtasks are compared. */
const BYTES_OF_OTHERS = new Set(['scoped: request-scoped handler']);

/** How many processes are asked: the least of them is what the code needs, more comes from when the compiler ran. */
const PROCESSES = 5;

/** What this package costs beyond the reference of the same process, which belongs to the engine and its version. */
async function least(scenario, name, contestant) {
  const counts = [];
  for (let i = 0; i < PROCESSES; i++) {
    const all = await counted(scenario, name, { only: [contestant] });
    const [[, reference]] = Object.entries(all);
    const { microtasks, bytes } = all[contestant];
    counts.push({ microtasks: microtasks - reference.microtasks, bytes: Math.round(bytes - reference.bytes) });
  }
  return {
    microtasks: Math.min(...counts.map(({ microtasks }) => microtasks)),
    bytes: Math.min(...counts.map(({ bytes }) => bytes)),
  };
}

const file = new URL('baseline.json', import.meta.url);
const found = {};
for (const checked of CHECKED) {
  console.error(label(...checked));
  found[label(...checked)] = await least(...checked);
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
      ...(!BYTES_OF_OTHERS.has(name) && now.bytes > bytes + tolerance(Math.abs(bytes))
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
