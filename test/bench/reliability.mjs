// `npm run reliability`: nothing lost, everything counted, with 100,000 events and 1,000 handlers. Prints the table of
// docs/reliability.md, and fails if a count is wrong.
import { cpus } from 'node:os';
import * as cqrs from 'nestjs-cqrs';
import { loads } from './reliability-load.mjs';

const escaped = [];
process.on('uncaughtException', error => escaped.push(error));
process.on('unhandledRejection', error => escaped.push(error));

const rows = [];
for (const { name, run } of loads(cqrs, { events: 100_000, handlers: 1_000 })) {
  globalThis.gc?.();
  const begin = performance.now();
  const counts = await run();
  const seconds = ((performance.now() - begin) / 1000).toFixed(2);
  const memory = Math.round(process.memoryUsage().heapUsed / 2 ** 20);
  for (const [i, { what, expected, counted }] of counts.entries())
    rows.push([i === 0 ? name : '', what, expected, counted, i === 0 ? seconds : '', i === 0 ? memory : '']);
}

const header = ['load', 'counted', 'expected', 'found', 'seconds', 'heap, MB'];
for (const row of [header, header.map(() => '---'), ...rows]) console.log(`| ${row.map(format).join(' | ')} |`);
console.log(`\nNode ${process.version}, ${cpus().length} × ${cpus()[0]?.model.trim()}`);
console.log(`${escaped.length} errors reached uncaughtException or unhandledRejection`);

const wrong = rows.filter(([, , expected, found]) => expected !== found);
if (wrong.length > 0 || escaped.length > 0) {
  console.error('Wrong:', wrong, escaped);
  process.exitCode = 1;
}

function format(value) {
  return typeof value === 'number' ? value.toLocaleString('en') : value;
}
