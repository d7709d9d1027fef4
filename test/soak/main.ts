// `npm run soak -- --minutes 10`: two HTTP platforms and four ways to run under load from another process. Fails on one
// wrong assertion, on anything that escapes, on a count that does not add up, and on a heap that does not come back.
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { checks } from './checks.js';
import { faults } from './faults.js';
import { startServers } from './servers.js';

/** How long the load lasts: for a time, or for a number of requests, which costs the same on every machine. */
interface Length {
  readonly seconds?: number;
  readonly requests?: number;
}

const { values } = parseArgs({
  options: { minutes: { type: 'string' }, requests: { type: 'string' }, break: { type: 'string' } },
});
const length: Length =
  values.requests === undefined ? { seconds: Number(values.minutes) * 60 } : { requests: Number(values.requests) };
if (!((length.seconds ?? 4) >= 4 && (length.requests ?? 400) >= 400))
  throw new Error('The soak takes --minutes N, at least 4 seconds, or --requests N, at least 400.');
faults.broken = values.break ?? '';

/** What the compiler and caches may add to the heap between the two looks; a leak of 1 KiB a request is far more. */
const MOST_GROWTH = 4 * 2 ** 20;

const escaped: string[] = [];
for (const event of ['uncaughtException', 'unhandledRejection', 'warning'] as const)
  process.on(event, (reason: unknown) => void escaped.push(`${event}: ${String(reason)}`));

interface Told {
  orders: number;
  wrong: number;
  waits: number;
  gone: number;
}

const servers = await startServers();
const load = fork(fileURLToPath(new URL('load.mjs', import.meta.url)), { execArgv: [] });
const loopDelay = monitorEventLoopDelay({ resolution: 10 });
loopDelay.enable();

const warm = await heapAfter(await put(load, 0.25));
const whole = await put(load, 0.75);
const pause = await heapAfter(whole);
loopDelay.disable();
load.disconnect();
const open = servers.map(({ app }) => app.close());
await Promise.all(open);

const told = sum(warm.told, whole.told);
const growth = pause.heap - warm.heap;
const { counts } = checks;
const adds = [
  ['orders answered for their tenant', told.orders, told.orders - told.wrong],
  ['Placed', told.orders, counts['Placed']],
  ['commands of function sagas', told.orders, counts['Ship']],
  ['commands of generator sagas', told.orders, counts['Invoice']],
  ['commands of operator sagas', told.orders, counts['Mail']],
  ['failures reported', counts['failures expected'], counts['failures reported']],
  ['time limits that ran out', told.waits, counts['timeouts']],
] as const;
const megabytes = (bytes: number) => `${(bytes / 2 ** 20).toFixed(1)} MB`;
const milliseconds = (nanoseconds: number) => `${(nanoseconds / 1e6).toFixed(0)} ms`;
const rows: [string, string][] = [
  length.requests === undefined ? ['seconds', String(length.seconds)] : ['requests', String(length.requests)],
  ['assertions', `${checks.asserted}, ${checks.wrong.length === 0 ? 0 : `at least ${checks.wrong.length}`} wrong`],
  ...adds.map(([what, expected, found]): [string, string] => [what, `${found} of ${expected}`]),
  ['clients that left, seen by the handler', `${counts['aborted']} of ${told.gone}`],
  ['heap before, during, after a pause', [warm.heap, whole.heap, pause.heap].map(megabytes).join(', ')],
  [
    'event-loop delay, median, 99 %, most',
    [loopDelay.percentile(50), loopDelay.percentile(99), loopDelay.max].map(milliseconds).join(', '),
  ],
  ['escaped errors and warnings', String(escaped.length)],
];
for (const row of rows) console.log(`| ${row.join(' | ')} |`);

const problems = [
  ...checks.wrong,
  ...escaped,
  ...adds
    .filter(([, expected, found]) => expected !== found)
    .map(([what, expected, found]) => `${what}: ${found} of ${expected}`),
  ...(growth > MOST_GROWTH ? [`the heap has grown by ${megabytes(growth)}`] : []),
  // A client may have left before its request had come.
  ...((counts['aborted'] ?? 0) > told.gone || (counts['aborted'] ?? 0) < told.gone / 2
    ? ['clients that left were not seen']
    : []),
  ...(told.orders === 0 ? ['no request was answered'] : []),
];
for (const problem of problems) console.error(problem);
process.exitCode = problems.length > 0 ? 1 : 0;

/** Puts a part of the load on all servers; the heap is the largest that is seen meanwhile. */
async function put(child: ChildProcess, part: number): Promise<{ told: Told; heap: number }> {
  const { seconds, requests } = length;
  child.send({
    ports: servers.map(({ port }) => port),
    ...(seconds !== undefined && { seconds: seconds * part }),
    ...(requests !== undefined && { requests: Math.round(requests * part) }),
  });
  const ended = once(child, 'message') as Promise<[Told]>;
  let heap = 0;
  const looking = setInterval(() => (heap = Math.max(heap, process.memoryUsage().heapUsed)), 100);
  const [told] = await ended;
  clearInterval(looking);
  return { told, heap };
}

/** The heap when nothing runs any more and the garbage has gone. */
async function heapAfter({ told: answered }: { told: Told }): Promise<{ told: Told; heap: number }> {
  for (let i = 0; i < 5; i++) {
    await delay(200);
    globalThis.gc!();
  }
  return { told: answered, heap: process.memoryUsage().heapUsed };
}

function sum(one: Told, other: Told): Told {
  return {
    orders: one.orders + other.orders,
    wrong: one.wrong + other.wrong,
    waits: one.waits + other.waits,
    gone: one.gone + other.gone,
  };
}
