// `npm run memory:caching`: that 1,000,000 distinct answers stay within the limit of `memoryCache()`, and what subscribers of
// live queries take. Prints the figures of docs/caching.md and docs/live-queries.md, and fails if the limit is passed, or if
// subscribers that have left stay on the heap.
import * as cqrs from 'nestjs-cqrs';
import { withCqrs } from './contestants/applications.mjs';

const ANSWERS = 1_000_000;
const WATCHERS = 10_000;

/** In bytes. */
const LIMIT = 8_000_000;

class GetUser extends cqrs.Query {
  constructor(id) {
    super();
    this.id = id;
  }
}
cqrs.Cached({ ttl: 3_600_000, tags: ({ id }) => [`user:${id}`] })(GetUser);

let runs = 0;
class GetUserHandler {
  async execute({ id }) {
    runs += 1;
    return { id, name: 'Ann', email: `${id}@example.org`, roles: ['admin', 'author'] };
  }
}
cqrs.QueryHandler(GetUser)(GetUserHandler);

const start = options => withCqrs([GetUserHandler], { cache: cqrs.memoryCache(options) });
const problems = [];
const columns = ['what', 'how many', 'heap before, KB', 'heap after, KB', 'bytes each'];
row(columns);
row(columns.map(() => '---'));

await watchers('subscribers of one query', () => 'u1');
await watchers('subscribers of a query each', i => `u${i}`);
await answers();
console.log(`\nNode ${process.version}`);
if (problems.length > 0) {
  console.error(problems.join('\n'));
  process.exitCode = 1;
}

async function answers() {
  const app = await start({ bytes: LIMIT });
  const queries = app.get(cqrs.QueryBus);
  await queries.ask(new GetUser('first'));
  const before = await heap();
  runs = 0;
  for (let i = 0; i < ANSWERS; i++) await queries.ask(new GetUser(`u${i}`));
  const after = await heap();
  if (runs !== ANSWERS) problems.push(`${runs} runs of ${ANSWERS} distinct queries`);
  if (after - before > LIMIT) problems.push(`${after - before} bytes are more than ${LIMIT}`);
  const kept = await lastKept(queries);
  table(
    `distinct answers, limit ${LIMIT.toLocaleString('en')} bytes: ${kept.toLocaleString('en')} are kept`,
    ANSWERS,
    before,
    after,
  );
  await app.close();
}

/** How many of the last answers need no run. */
async function lastKept(queries) {
  for (let kept = 0; ; kept++) {
    const before = runs;
    await queries.ask(new GetUser(`u${ANSWERS - 1 - kept}`));
    if (runs !== before) return kept;
  }
}

async function watchers(what, idOf) {
  const app = await start();
  const queries = app.get(cqrs.QueryBus);
  await watch(queries, idOf, 100).then(leave => leave());
  const before = await heap();
  const leave = await watch(queries, idOf, WATCHERS);
  const after = await heap();
  table(what, WATCHERS, before, after);
  leave();
  // The answers themselves are kept, as those of any query.
  await app.close();
  const left = (await heap()) - before;
  if (left > (after - before) / 10) problems.push(`${what}: ${left} bytes are left`);
}

/** Subscribes, and awaits the first value of each. */
async function watch(queries, idOf, count) {
  const subscriptions = [];
  const told = Array.from(
    { length: count },
    (_, i) => new Promise(resolve => subscriptions.push(queries.live(new GetUser(idOf(i))).subscribe(resolve))),
  );
  await Promise.all(told);
  return () => {
    for (const subscription of subscriptions) subscription.unsubscribe();
  };
}

function table(what, count, before, after) {
  row([what, count.toLocaleString('en'), ...[before, after].map(kilobytes), ((after - before) / count).toFixed(0)]);
}

function row(cells) {
  console.log(`| ${cells.join(' | ')} |`);
}

/** What is reachable: after collections, with a pause between them for what is finalized. */
async function heap() {
  for (let i = 0; i < 3; i++) {
    globalThis.gc();
    await new Promise(resolve => setImmediate(resolve));
  }
  return process.memoryUsage().heapUsed;
}

function kilobytes(bytes) {
  return Math.round(bytes / 1024).toLocaleString('en');
}
