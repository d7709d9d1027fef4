// `npm run mutants -- [--sample n] [--seed n] [--file lib/…] [--list] [--json file] [--reach file]`
//
// Changes `lib` in one random place at a time (candidates.mjs says in which, and which are left out and why) and runs
// the tests that reach the place, nearest first, until one fails. What the nearest do not notice and the compiler refuses is
// noticed by `npm test`, too, and counted on its own. Survivors are changes that neither notices.
// `--reach file` keeps which test runs what for the next run, which takes as long as the tests; it holds as long as
// `lib` and the tests stay as they are. Exit code 0 unless the script itself fails: it is for people to say how many
// survivors are acceptable.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { candidatesIn, parses } from './candidates.mjs';
import { judge, reachOf, textsOf } from './trial.mjs';
import { Workshop } from './workshop.mjs';

const { values: options } = parseArgs({
  options: {
    sample: { type: 'string', default: '100' },
    seed: { type: 'string' },
    file: { type: 'string' },
    list: { type: 'boolean', default: false },
    json: { type: 'string' },
    reach: { type: 'string' },
  },
});

const WORKERS = 2;

const root = fileURLToPath(new URL('../../', import.meta.url));
const seed = Number(options.seed ?? Math.floor(Math.random() * 1_000_000));
const texts = textsOf(root);
const mutants = choose(generator(seed));

if (options.list) for (const mutant of mutants) console.log(describe(mutant));
else await measure();

/** A random sample of all that can be changed. */
function choose(random) {
  const files = [...texts].filter(([file]) => options.file === undefined || file === options.file);
  const all = files.flatMap(([file, text]) => candidatesIn(file, text).map(one => ({ ...one, file })));
  console.log(`seed ${seed}: ${options.sample} of ${all.length} mutants of ${files.length} files`);
  const chosen = [];
  while (all.length > 0 && chosen.length < Number(options.sample)) {
    const [mutant] = all.splice(Math.floor(random() * all.length), 1);
    if (parses(mutant.file, texts.get(mutant.file), mutant)) chosen.push(mutant);
  }
  return chosen;
}

/** `file:line: kind: before → after`, of a long text its beginning. */
function describe({ file, start, end, kind, replacement }) {
  const text = texts.get(file);
  const line = text.slice(0, start).split('\n').length;
  const short = code => code.replace(/\s+/g, ' ').replace(/^(.{80}).+$/, '$1…') || '(nothing)';
  return `${file}:${line}: ${kind}: ${short(text.slice(start, end))} → ${short(replacement)}`;
}

async function measure() {
  const workshops = Array.from({ length: WORKERS }, () => new Workshop(root));
  try {
    const reach = await knownReach(workshops);
    if (!(await workshops[0].compiles())) throw new Error('Without any change, lib does not compile.');
    const waiting = [...mutants];
    const outcomes = [];
    await Promise.all(
      workshops.map(async workshop => {
        for (let mutant = waiting.shift(); mutant; mutant = waiting.shift()) {
          const { result, by } = await judge(workshop, mutant, texts.get(mutant.file), reach);
          outcomes.push({ result, what: describe(mutant), by });
          console.log(`${outcomes.length}/${mutants.length} ${result}: ${describe(mutant)} (${by})`);
        }
      }),
    );
    report(outcomes);
  } finally {
    for (const workshop of workshops) workshop.close();
  }
}

async function knownReach(workshops) {
  const file = options.reach;
  if (file && existsSync(file)) return JSON.parse(readFileSync(file, 'utf8'));
  console.log('runs every test file once, to know what it reaches');
  const reach = await reachOf(root, texts, workshops);
  if (file) writeFileSync(file, JSON.stringify(reach));
  return reach;
}

function report(outcomes) {
  const of = result => outcomes.filter(outcome => outcome.result === result);
  const [killed, endless, refused, survivors] = ['killed', 'timeout', 'refused', 'survived'].map(of);
  console.log('\nsurvivors:');
  for (const { what, by } of survivors) console.log(`- ${what} (${by})`);
  const share = (100 * (outcomes.length - survivors.length)) / outcomes.length;
  const byTests = `${killed.length} killed, ${endless.length} did not end`;
  const counts = `${byTests}, ${refused.length} refused by the compiler, ${survivors.length} survived`;
  console.log(`seed ${seed}: ${counts} of ${outcomes.length}: ${share.toFixed(1)} % noticed`);
  if (options.json) writeFileSync(options.json, `${JSON.stringify({ seed, outcomes }, undefined, 2)}\n`);
}

/** Random numbers from 0 to 1 that a seed determines: mulberry32. */
function generator(state) {
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}
