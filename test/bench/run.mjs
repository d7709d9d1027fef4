// `npm run bench -- [scenario …] [--generations n] [--rounds n] [--case text]
//   [--contestants 'name;name'] [--bars] [--no-count] [--json file] [--svg file] [--docs]`
import { readdirSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { chart } from './harness/chart.mjs';
import { generations } from './harness/generations.mjs';
import { machine } from './harness/machine.mjs';
import { writeDocs } from './harness/docs.mjs';
import { table } from './harness/table.mjs';

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    generations: { type: 'string', default: '5' },
    rounds: { type: 'string', default: '31' },
    'no-count': { type: 'boolean', default: false },
    case: { type: 'string' },
    bars: { type: 'boolean', default: false },
    contestants: { type: 'string' },
    json: { type: 'string' },
    svg: { type: 'string' },
    docs: { type: 'boolean', default: false },
  },
});

const hasBar = ({ reach = {} }) => Object.values(reach).some(bar => bar !== undefined);

const known = readdirSync(new URL('scenarios/', import.meta.url)).map(file => file.replace('.mjs', ''));
const unknown = positionals.filter(name => !known.includes(name));
if (unknown.length > 0) throw new Error(`No scenario ${unknown.join(', ')}; there are ${known.join(', ')}.`);

const results = { machine: machine(), scenarios: {} };
for (const scenario of positionals.length > 0 ? positionals : known) {
  const { default: cases } = await import(`./scenarios/${scenario}.mjs`);
  results.scenarios[scenario] = [];
  console.log(`\n${scenario}`);
  for (const {
    name,
    reach = {},
    rounds = Number(options.rounds),
    apart,
    isCounted = true,
    contestants,
  } of cases.filter(one => (!options.case || one.name.includes(options.case)) && (!options.bars || hasBar(one)))) {
    const rows = await generations(scenario, name, {
      generations: Number(options.generations),
      rounds,
      counts: isCounted && !options['no-count'],
      only: options.contestants?.split(';'),
      apart: apart ? Object.keys(contestants()) : [],
    });
    results.scenarios[scenario].push({ name, reach, rows });
    console.log(table(name, rows, reach));
  }
}
if (options.json) writeFileSync(options.json, `${JSON.stringify(results, undefined, 2)}\n`);
if (options.svg) writeFileSync(options.svg, chart(results));
if (options.docs) writeDocs(results);
