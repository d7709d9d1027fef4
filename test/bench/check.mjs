// `npm run bench:check`: microtasks and allocated bytes per dispatch against baseline.json; `--update` writes it.
// Times are left out: they say more about the machine than about the code.
import { readFileSync, writeFileSync } from 'node:fs';
import { counted } from './harness/generations.mjs';
import { median } from './harness/loop.mjs';

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
  ['features', 'features of a command', 'a context given, nothing reads it'],
  ['features', 'features of a command', 'a tracing middleware, no listener'],
  ['features', 'features of a command', 'the handler takes the context'],
  ['features', 'features of a command', 'a subscriber of the bus'],
  ['features', 'features of an event', 'a middleware'],
  ['features', 'features of an event', 'a subscriber of the bus'],
  ['probes', 'probes of a command', 'after a probe that has gone'],
  ['probes', 'probes of an event', 'after a probe that has gone'],
];

const label = checked => checked.join(': ');

/** Two words, or a twentieth: what the counters of the heap vary by from run to run. */
const tolerance = bytes => Math.max(16, Math.abs(bytes) * 0.05);

/** Where the reference is Nest, which allocates 700 bytes more or less from run to run: only microtasks are compared. */
const BYTES_OF_NEST = new Set([label(['scoped', 'request-scoped handler', OURS])]);

/**
 * How many processes are asked at most while a figure is worse: the least of them is what the code needs, more comes from
 * when the compiler ran. A figure that is not worse is not asked again: another process could change nothing.
 */
const AT_MOST = 20;

/** The baseline is what most of so many processes need, since the least may be luck. */
const FOR_BASELINE = 5;

/** What this package costs beyond the reference of the same process, which belongs to the engine and its version. */
async function difference([scenario, name, contestant]) {
  const all = await counted(scenario, name, { only: [contestant] });
  const [[, reference]] = Object.entries(all);
  const { microtasks, bytes } = all[contestant];
  return { microtasks: microtasks - reference.microtasks, bytes: Math.round(bytes - reference.bytes) };
}

/** What most processes need. */
async function usual(checked) {
  const all = [];
  for (let i = 0; i < FOR_BASELINE; i++) all.push(await difference(checked));
  return { microtasks: median(all.map(one => one.microtasks)), bytes: median(all.map(one => one.bytes)) };
}

/** The least that is found until nothing is worse than the baseline. */
async function least(checked, baseline) {
  let found = { microtasks: Infinity, bytes: Infinity };
  for (let i = 0; i < AT_MOST && worse(checked, found, baseline).length > 0; i++) {
    const { microtasks, bytes } = await difference(checked);
    found = { microtasks: Math.min(found.microtasks, microtasks), bytes: Math.min(found.bytes, bytes) };
  }
  return found;
}

/** What is worse than the baseline, as texts; nothing where there is none. */
function worse(checked, { microtasks, bytes }, baseline) {
  const name = label(checked);
  const texts = [];
  if (microtasks > baseline.microtasks)
    texts.push(`${name}: ${microtasks} microtasks more than the reference, was ${baseline.microtasks}`);
  if (!BYTES_OF_NEST.has(name) && bytes > baseline.bytes + tolerance(baseline.bytes))
    texts.push(`${name}: ${bytes} bytes more than the reference, was ${baseline.bytes}`);
  return texts;
}

const file = new URL('baseline.json', import.meta.url);
if (process.argv.includes('--update')) await update();
else await check();

async function update() {
  const baseline = {};
  for (const checked of CHECKED) {
    console.error(label(checked));
    baseline[label(checked)] = await usual(checked);
  }
  writeFileSync(file, `${JSON.stringify(baseline, undefined, 2)}\n`);
}

async function check() {
  const baseline = JSON.parse(readFileSync(file, 'utf8'));
  const texts = (await twoAtATime(CHECKED, checked => textsOf(checked, baseline[label(checked)]))).flat();
  for (const text of texts) console.error(text);
  console.log(
    texts.length > 0 ? `${texts.length} figures are worse than the baseline` : 'No figure is worse than the baseline',
  );
  process.exitCode = texts.length > 0 ? 1 : 0;
}

async function textsOf(checked, baseline) {
  const name = label(checked);
  console.error(name);
  if (baseline === undefined) return [`${name}: not in the baseline`];
  return worse(checked, await least(checked, baseline), baseline);
}

/** The results in the order of the list. Counts, unlike times, are the same beside another process. */
async function twoAtATime(list, run) {
  const results = [];
  const entries = list.entries();
  const worker = async () => {
    for (const [i, one] of entries) results[i] = await run(one);
  };
  await Promise.all([worker(), worker()]);
  return results;
}
