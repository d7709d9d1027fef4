import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { STARTING, starting } from '../contestants/starts.mjs';

const run = promisify(execFile);
const program = fileURLToPath(new URL('../contestants/start-program.mjs', import.meta.url));

const once = call => Object.assign(call, { once: true });

/** Again and again in one process. */
const again = (name, count) => once(starting(name, count));

/** As a start is: once, in a process that has compiled nothing yet. */
const first = (name, count) =>
  once(async () => Number((await run(process.execPath, ['--expose-gc', program, name, String(count)])).stdout));

const handlers = (count, { start = again, title = '', bar } = {}) => ({
  name: `an application with ${count.toLocaleString('en')} handlers${title}`,
  reach: { 'nestjs-cqrs': bar },
  rounds: 9,
  contestants: () => Object.fromEntries(STARTING.map(name => [name, () => start(name, count)])),
});

const cold = { start: first, title: ', each start in a process of its own' };

/** How long an application takes to start. */
export default [
  handlers(100),
  handlers(1000),
  handlers(5000, { bar: 1.06 }),
  handlers(100, cold),
  handlers(1000, cold),
  handlers(5000, cold),
];
