// `npm run bench:nodes [-- --docs] [--generations n]`: this package against its bars, on each Node in turn.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { writePart } from './harness/docs.mjs';
import { ratio } from './harness/table.mjs';

const NODES = [20, 22, 24];
const SCENARIOS = ['dispatch', 'middleware', 'publish', 'scoped', 'in-flight', 'start'];
const OURS = 'nestjs-cqrs';

const { values: options } = parseArgs({
  options: { generations: { type: 'string', default: '3' }, docs: { type: 'boolean', default: false } },
});

const folder = mkdtempSync(join(tmpdir(), 'bench-'));
const found = NODES.map(measure);
rmSync(folder, { recursive: true });

const [first] = found;
const rows = Object.entries(first.cases).map(([name, { bar }]) => {
  const ratios = found.map(({ cases }) => ratio(cases[name].ratio));
  return `| ${[name, bar ?? '', ...ratios].join(' | ')} |`;
});
const heads = found.map(({ node }) => `Node ${node}`);
const table = [
  `| ${['', 'bar', ...heads].join(' | ')} |`,
  `| --- |${' ---: |'.repeat(1 + heads.length)}`,
  ...rows,
].join('\n');
console.log(table);
if (options.docs) writePart('nodes', table);

/** The ratios of this package on one Node, by case. */
function measure(major) {
  console.error(`Node ${major}`);
  const file = join(folder, `${major}.json`);
  const args = ['test/bench/run.mjs', ...SCENARIOS, '--contestants', OURS, '--bars', '--no-count', '--json', file];
  const bench = [...args, '--generations', options.generations];
  const { status } = process.versions.node.startsWith(`${major}.`)
    ? spawnSync(process.execPath, bench, { stdio: ['ignore', 'ignore', 'inherit'] })
    : spawnSync('npx', ['-y', '-p', `node@${major}`, 'node', ...bench], { stdio: ['ignore', 'ignore', 'inherit'] });
  if (status !== 0) throw new Error(`The bench failed on Node ${major}.`);
  const { machine, scenarios } = JSON.parse(readFileSync(file, 'utf8'));
  const cases = Object.values(scenarios).flat();
  return {
    node: machine.node,
    cases: Object.fromEntries(
      cases.map(({ name, reach, rows: measured }) => [
        name,
        { bar: reach[OURS], ratio: measured.find(({ contestant }) => contestant === OURS)?.ratio },
      ]),
    ),
  };
}
